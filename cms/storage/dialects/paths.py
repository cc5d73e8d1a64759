"""Percent-encoding of paths in URLs, as in RFC 3986, section 3.3, in Python and in SQL."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import Text

from cms.storage.dialects.dialect_function import DialectFunction

# The SQL function: created by a migration on PostgreSQL, registered by readers on SQLite.
ENCODE_PATH = "copydesk_encoded_path"

# Characters of a path that need no escapes, beside letters, digits, - . _ and ~.
_PLAIN = "/:@!$&'()*+,;="


def encoded_path(path: str) -> str:
    """Return a path as it stands in a URL, percent-encoded."""
    return quote(path, safe=_PLAIN)


def encode_path(path: str | None) -> str | None:
    """Return the same as :func:`encoded_path`, and null for null, as SQL functions do."""
    return None if path is None else encoded_path(path)


class EncodedPath(DialectFunction):
    """A path as it stands in a URL, percent-encoded."""

    type = Text()
    sqlite = postgresql = "copydesk_encoded_path({0})"
