"""Actors, roles and decisions about actions; pure functions without database access."""
