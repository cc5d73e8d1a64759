"""Addresses in arguments, each of which means a path, and may name a locale."""

from __future__ import annotations

from collections.abc import Callable

from cms.content.addresses import path_key, read_address
from tests.sites import SITE


def is_at(
    href: str, path: str | None, locale: str, folded: Callable[[str], str] = lambda text: text
) -> bool:
    """Say whether a path in a locale is the one that an address means."""
    address = read_address(href, SITE.addresses)
    if address is None or path is None or address.locale not in {None, locale}:
        return False
    return folded(path_key(path)) == folded(address.path)
