"""Who is calling, and which actions they may take. Nothing here reads or writes."""
