"""Tills and card terminals that speak their real protocols, and lines that spoil what they say."""
