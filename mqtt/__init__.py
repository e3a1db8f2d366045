"""A pipe: topic names, a link to a broker, and an embedded broker for demonstrations.

This package carries bytes and topic strings and never knows Mohr's own types, so nothing in it
can depend on what a message means.
"""
