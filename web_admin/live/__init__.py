"""What happens at the counters, while it happens: one reader of the journal for all who watch.

``feed`` is the hub, ``stream`` writes one viewer's events, ``routes`` serves page and stream.
"""
