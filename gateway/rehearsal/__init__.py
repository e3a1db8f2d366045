"""Plays a journal again, on a ledger in memory: what would have been under other rules."""
