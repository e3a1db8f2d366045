"""Mohr's own line protocol, for tills whose makers integrate (docs/pos/line-protocol.md)."""
