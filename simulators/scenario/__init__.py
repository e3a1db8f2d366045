"""Scenarios: stories of a shop written as data, played on every engine that Mohr has.

A file says the rules, who comes, what happens and what must come of it; ``docs/scenarios.md`` has
the format. The executors know nothing of one another: ``pure`` keeps its own books from the rule
engine's answers alone, so that it can judge a gateway.
"""
