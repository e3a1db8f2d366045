"""Framers: bytes of a till's line to events. Pure: no device, no clock, no thread, no logging."""
