"""Versions of a site's content types: what is declared, what changes, and what does not fit."""
