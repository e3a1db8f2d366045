"""How figures, money, dates and foreign words are written for people, in Persian and in English.

Pure functions; the agent's displays, the pages and the paper all write the same.
"""
