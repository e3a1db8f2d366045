"""A gateway with a past to look at: members, sales, mistakes and people at the desk, from a seed.

``house`` opens one and serves its pages; tests and the makers of pictures walk through it.
"""
