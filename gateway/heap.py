"""What a long-running process does about Python's garbage collector once it has started.

A full collection looks at every object there is, and most of those were made by the start itself:
modules, classes, compiled patterns, the schema. It takes 60 ms on a server and several times that
on a Raspberry Pi, in the middle of whatever a customer waits for. Objects that were set aside are
not looked at again (``gc.freeze``: https://docs.python.org/3/library/gc.html#gc.freeze).
"""

from __future__ import annotations

import gc


def set_start_aside() -> None:
    """Collect once, then let later collections pass over everything that is there now.

    For a process's main function, when it is ready to serve; what is set aside is freed only when
    nothing refers to it.
    """
    gc.collect()
    gc.freeze()
