"""Copydesk's content engine. What is not named here is not its API."""
