"""The gateway executor: sealed terminals, a real core, a real ledger, and a clock that is given."""
