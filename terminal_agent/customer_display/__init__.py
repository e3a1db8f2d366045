"""A page for the customer, served by the agent on this machine alone.

``picture`` draws a view as the few things a customer reads, ``board`` keeps the newest picture,
``page_server`` serves it, ``page`` is the ``Display`` that the agent shows its views on.
See ``docs/display.md``.
"""
