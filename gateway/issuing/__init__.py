"""Making cards: what is written to them in which order, the journal of it, and the issuing desk.

The dialogues are pure, as those at the counter are. What they may change they say before they do
it, so that the desk can write it down; see ``gateway.issuing.protocol``.
"""
