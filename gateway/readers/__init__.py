"""A device and a card: drivers, the APDU codec and the dialogues with each kind of card.

Knows ``Tap`` and APDUs; knows nothing of policies, MQTT or the ledger.
"""
