"""Mohr's server, and the home of what both ends share: values, wire format, seals, readers, rules.

This file stays empty of imports on purpose: a terminal imports ``gateway.readers`` and must not
load a database or a web library by doing so.
"""
