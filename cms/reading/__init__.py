"""What is seen: SQL expressions over what a view shows. Nothing here is executed."""
