"""How a field declares its SQL: connections, inputs, aggregates, scalars, the type registry."""
