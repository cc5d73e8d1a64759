"""The ledger: audit chain, attestations, checkpoints, positions, and the tail of the chain."""
