"""The one writer: judges arrivals in order, commits once, and says what to seal and send.

Reading order: ``arrival``, ``decision``, ``settings``, ``plan``, ``judge``, ``writer``.
"""
