"""The audit chain, the attestations, and the keys that sign them."""
