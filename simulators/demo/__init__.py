"""``mohr demo``: a whole shop on this machine, with nothing real but the software.

Reading order: ``house`` (broker, gateway and two tills, wired), ``till`` (one of them), ``visit``
(the scripted visit of ``--once``), ``show`` (the shop that goes on until Ctrl-C).
"""
