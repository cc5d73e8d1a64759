"""Accounts and authentication: passwords, sessions, tokens, rate limits."""
