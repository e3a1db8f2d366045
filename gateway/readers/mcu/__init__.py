"""The protocol of microcontroller card terminals, as ``docs/readers/mcu.md`` describes it.

Pure: bytes and times in, bytes and values out. ``gateway.readers.mcu_reader`` is the shell.
"""
