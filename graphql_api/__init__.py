"""Copydesk's GraphQL API."""
