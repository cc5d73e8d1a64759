"""What is allowed: decisions over facts that a command has loaded. Nothing here reads or writes."""
