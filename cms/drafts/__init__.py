"""Entries and their drafts: saving, history, contributors, presence, pruning."""
