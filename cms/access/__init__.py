"""Accounts, and what proves who is calling: passwords, sessions, tokens, rate limits."""
