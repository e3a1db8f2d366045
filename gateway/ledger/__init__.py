"""Accounts, postings, lots and holds, and the store that keeps them."""
