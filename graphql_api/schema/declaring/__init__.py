"""Declarations of fields: connections, inputs, aggregates, scalars, the type registry."""
