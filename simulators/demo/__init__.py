"""``mohr demo``: a whole shop on this machine, with nothing real but the software.

Reading order: ``house`` (broker, gateway and the test bench's counters, wired), ``front`` (its
pages), ``visit`` (the scripted visit of ``--once``), ``show`` (the shop that goes on until Ctrl-C).
"""
