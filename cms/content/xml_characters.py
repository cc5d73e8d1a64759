"""The characters of XML: https://www.w3.org/TR/xml/#charsets."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

# The characters that no XML 1.0 document may contain, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Parsers read a carriage return as a line feed, unless it is escaped.
_CARRIAGE_RETURN = {"\r": "&#13;"}


def without_forbidden(text: str) -> str:
    """Return a text without the characters that XML cannot have."""
    return _FORBIDDEN.sub("", text)


def as_content(text: str) -> str:
    """Return a text as the content of an element."""
    return escape(without_forbidden(text), _CARRIAGE_RETURN)


def as_attribute(text: str) -> str:
    """Return a text as the value of an attribute, with its quotes."""
    return quoteattr(without_forbidden(text))
