"""One row for each mutation: its input, its payload, the command that it calls."""
