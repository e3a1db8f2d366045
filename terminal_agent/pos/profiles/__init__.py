"""Shipped shop profiles, one TOML file each."""
