"""The values both ends share: frozen, checked when made, free of input and output.

Reading order: ``ids``, ``money``, ``card``, ``sale``, ``transaction``, ``authorisation``,
``outcome``, ``receipt``, ``configuration``.
"""
