"""The read side: what pages and the HTTP API ask of a ledger, beside its writer, read-only."""
