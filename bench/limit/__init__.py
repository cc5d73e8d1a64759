"""Measures the distance to the limit: what the databases themselves give on this data.

See the section "The limit" of README.md.
"""
