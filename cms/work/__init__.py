"""The frame that every command runs in: one transaction, an idempotency key, arguments."""
