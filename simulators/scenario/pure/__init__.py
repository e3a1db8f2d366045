"""The pure executor: the rule engine's answers, and books of its own kept as plain values."""
