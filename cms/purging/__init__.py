"""Purges: words that are emptied for good, with what stays of them in the ledger."""
