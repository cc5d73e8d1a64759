"""What takes many commands: each operation is one story, from start to end."""
