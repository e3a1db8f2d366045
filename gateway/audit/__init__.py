"""The independent auditor: trusts the envelopes, recomputes the rest, and says what differs.

It shares the rules (``gateway.program``), the wire format and the row types with the gateway, and
none of the code that decides or moves points. Reading order: ``report``, ``evidence``, ``heap``,
``books``, ``moves``, ``verdicts``, ``replay``, ``compare``, ``auditor``.
"""
