"""Card dialogues: pure generators that yield commands, are sent answers, and say who the card is.

No dialogue opens a device or reads a clock: ``gateway.readers.cards.dialogue`` has the types,
``selection`` puts the dialogues in order, and a backend drives them.
"""
