"""From the broker's bytes to arrivals: every seal verified, every oddity named, nothing raised."""
