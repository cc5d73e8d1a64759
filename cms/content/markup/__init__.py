"""Markdown, its syntax tree, and the sanitizing of HTML."""
