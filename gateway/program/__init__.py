"""The rule engine: pure functions from (programme, member's state, sale) to effects."""
