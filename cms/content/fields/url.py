"""Addresses on the web."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, as_text
from cms.errors import InvalidValue

_LONGEST = 2_000


@dataclass(eq=False, kw_only=True)
class Url(Scalar):
    """The address of something on the web: ``https://example.org/page``.

    It is data and no link: it takes no part in the link graph. For what readers are led to
    there is :class:`~cms.content.fields.link.Links`.
    """

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check that a browser could go there."""
        address = as_text(value, path, problems, self.at_most(_LONGEST)).strip()
        if address and not is_web_address(address):
            message = "expected a URL that starts with https:// or http:// and has a host"
            problems.append(InvalidValue(message=message, path=path))
        return address or None


def is_web_address(address: str) -> bool:
    """Return whether an address is an ``http`` or ``https`` URL with a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return is_whole and not any(char.isspace() or char in '<>"\\' for char in address)
