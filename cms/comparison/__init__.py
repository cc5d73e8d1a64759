"""Difference, merge, blame and comment anchors: pure functions of contents."""
