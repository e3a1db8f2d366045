"""Seals, keys and key derivation. Knows bytes and keys; never what a point is."""
