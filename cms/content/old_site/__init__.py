"""The Markdown files of a site that moves here: what they say, and what they said before."""
