"""Percent-encoding of paths in URLs, equal on both databases and in Python.

The rule is that of :func:`cms.content.addresses.encoded_path`, as in RFC 3986, section 3.3.
"""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import Text

from cms.storage.dialects.dialect_function import DialectFunction

# The SQL function: created by a migration on PostgreSQL, registered by readers on SQLite.
ENCODE_PATH = "copydesk_encoded_path"

# Characters of a path that need no escapes, beside letters, digits, - . _ and ~.
_PLAIN = "/:@!$&'()*+,;="


def encode_path(path: str | None) -> str | None:
    """Return a path percent-encoded."""
    return None if path is None else quote(path, safe=_PLAIN)


class EncodedPath(DialectFunction):
    """A path as it stands in a URL, percent-encoded."""

    type = Text()
    sqlite = postgresql = "copydesk_encoded_path({0})"
