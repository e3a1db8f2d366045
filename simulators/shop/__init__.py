"""A whole shop from a seed: agents, a bad broker, a gateway and its ledger in one thread.

Reading order: ``plan`` (what customers do), ``world`` (the parts, wired), ``day`` (one run with its
faults), ``checker`` (the one-thread model every run is compared with), ``report``.
"""
