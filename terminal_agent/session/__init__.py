"""The counter dialogue as a pure state machine: events in, actions out.

Start with ``table``: the theory of operation and every transition stand there.
"""
