"""The till-side agent: session, point-of-sale dialects, journal, outbox and customer display."""
