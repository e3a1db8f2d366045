"""The cryptography of cards: bytes in, bytes out, for both sides of the conversation.

Pure and small enough for a terminal: no clock, no randomness, no input or output. Whoever calls
brings the random bytes; a card that says something false is a ``CryptoError`` or ``False``.
"""
