"""What the ledger means in money: trial balance, liabilities, closed days, the general ledger."""
