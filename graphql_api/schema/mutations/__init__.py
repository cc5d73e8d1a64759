"""Mutations: input → command → payload. No rule stands here."""
