"""The gateway's command line; wiring happens here and nowhere below."""
