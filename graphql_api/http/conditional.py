"""Conditional requests: https://www.rfc-editor.org/rfc/rfc9110#section-13."""

from __future__ import annotations


def has_tag(known: str, tag: str) -> bool:
    """Return whether a client has the representation with a tag already.

    Args:
        known: the header ``If-None-Match``; empty if there is none.
        tag: the tag, with its quotes.
    """
    if known.strip() == "*":
        return True
    return tag in {each.strip().removeprefix("W/") for each in known.split(",")}
