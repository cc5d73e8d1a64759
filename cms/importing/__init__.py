"""Import the content of other sites; an import runs many commands."""
