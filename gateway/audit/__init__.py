"""The independent auditor: trusts the envelopes, recomputes the rest, and says what differs.

It shares the rules (``gateway.program``), the wire format and the row types with the gateway, and
none of the code that decides or moves points. What a desk asked for decides like an envelope; the
members' days, which no envelope tells, are believed and counted.

Reading order: ``report``, ``evidence``; ``heap``, ``books``, ``moves`` and ``moves_holds`` (points
and money), ``members`` and ``standings`` (everything else); ``stored`` and ``bench`` (what a
verdict is made from), ``awarding``, ``joining``, ``sales``, ``clawing``, ``taking_back`` and
``believing`` (parts of verdicts), the ``verdicts`` of each kind; ``replay``, ``compare``,
``auditor``.
"""
