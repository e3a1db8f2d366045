"""Whole worlds from a seed: agents, broker, gateway and ledger in one thread, and all of it breaks.

Reading order: ``size``, ``events`` and ``script`` (what happens, drawn before anything runs),
``fuse``, ``ports`` and ``process`` (programs that die at any call), ``terminal`` and ``server``
(the two kinds of them, watched), ``stage`` and ``perform`` (the parts, wired, and how each event is
performed), ``history`` (what was seen from outside), ``checker`` (what is promised), ``run`` (one
world from beginning to end), ``shrink`` and ``story`` (a failing world made short enough to read),
``crowd`` and ``cli`` (many worlds on all processors).
"""
