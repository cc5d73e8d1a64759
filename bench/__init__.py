"""How fast, against what: see README.md beside this file."""
