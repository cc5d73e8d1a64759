"""Templates and extensions in the texts of generators, converted to Markdown."""
