"""The pages of the old site by file, name and address."""

from __future__ import annotations

import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import unquote

# The locale of a page, and its name, which is the same in all locales.
PageKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class AddressReading:
    """One way to understand an address.

    Attributes:
        kind: whether the path is that of a file, the name of a page, or an address.
        path: the path from the root of the files or of the site.
        is_broken: whether the old site itself does not understand the address so.
    """

    kind: Literal["file", "name", "address"]
    path: str
    is_broken: bool = False


def decoded(path: str) -> str:
    """Return a path without percent-encoding, in composed form (NFC)."""
    return unicodedata.normalize("NFC", unquote(path))


def joined(folder: str, path: str) -> str:
    """Return a path relative to a folder, without ``.`` and ``..``; none leaves the root."""
    return posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/")


def address_key(path: str) -> str:
    """Return an address as it is compared: decoded, and without ``index.html``."""
    plain = decoded(path)
    return plain.removesuffix("index.html") if plain.endswith("/index.html") else plain


@dataclass
class PageIndex:
    """Pages by file, name and address; a file in several locales is one for each."""

    _files: dict[str, PageKey] = field(default_factory=dict)
    _names: dict[tuple[str, str], PageKey] = field(default_factory=dict)
    _names_of: defaultdict[PageKey, list[str]] = field(default_factory=lambda: defaultdict(list))
    _last: defaultdict[tuple[str, str], list[PageKey]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _addresses: dict[tuple[str, str], PageKey] = field(default_factory=dict)
    _missing: set[PageKey] = field(default_factory=set)
    _redirects: dict[PageKey, str] = field(default_factory=dict)

    def add(self, key: PageKey, path: str, names: Iterable[str], addresses: Iterable[str]) -> None:
        """Add a page with the path of its file, its names, and its addresses, the first its own."""
        locale, _ = key
        self._files[decoded(path)] = key
        self._add_names(key, names)
        own, *others = map(address_key, addresses)
        self._addresses["", own] = key
        self._addresses[locale, own] = key
        for each in others:
            self._addresses.setdefault((locale, each), key)

    def add_former(self, key: PageKey, path: str, addresses: Iterable[str]) -> None:
        """Add the file and the addresses that a page had, unless they are those of another page."""
        self._files.setdefault(decoded(path), key)
        for each in map(address_key, addresses):
            self._addresses.setdefault(("", each), key)
            self._addresses.setdefault((key[0], each), key)

    def add_missing(self, key: PageKey, path: str, names: Iterable[str], address: str) -> None:
        """Add a page that is not imported, so that its links do not lead to others."""
        self._missing.add(key)
        self._add_names(key, names)
        self.add_former(key, path, [address])

    def is_missing(self, key: PageKey) -> bool:
        """Return whether a page is not imported."""
        return key in self._missing

    def add_everywhere(self, key: PageKey, addresses: Iterable[str]) -> None:
        """Add addresses of a page that are those of no other page, for all locales."""
        for each in map(address_key, addresses):
            self._addresses.setdefault(("", each), key)

    def add_redirect(self, key: PageKey, to: str) -> None:
        """Add the address to which a page redirects."""
        self._redirects[key] = to

    def redirect_of(self, key: PageKey | None) -> str:
        """Return the address to which a page redirects; empty if to none."""
        return self._redirects.get(key, "") if key is not None else ""

    @property
    def has_redirects(self) -> bool:
        """True if a page redirects."""
        return bool(self._redirects)

    def at(self, reading: AddressReading, locale: str) -> PageKey | None:
        """Return the page of a reading, for a link in a page of a locale."""
        match reading.kind:
            case "file":
                return self._files.get(reading.path)
            case "name":
                return self._names.get((locale, _name_key(reading.path)))
            case _:
                return self._at_address(reading.path, locale)

    def has_address(self, path: str) -> bool:
        """Return whether a page has an address of its own or shares it."""
        return ("", address_key(path)) in self._addresses

    def named(self, last: str, locale: str) -> list[PageKey]:
        """Return the pages of a locale whose names end with a segment."""
        return list(dict.fromkeys(self._last.get((locale, _name_key(last)), [])))

    def names_ending(self, path: str, locale: str) -> list[PageKey]:
        """Return the pages of a locale whose names are a path, or end with it."""
        wanted = _name_key(path)
        return [
            key
            for key in self.named(wanted.rpartition("/")[2], locale)
            if any(f"/{each}".endswith(f"/{wanted}") for each in self._names_of[key])
        ]

    def _add_names(self, key: PageKey, names: Iterable[str]) -> None:
        locale, _ = key
        for name in map(_name_key, names):
            if self._names.setdefault((locale, name), key) == key:
                self._names_of[key].append(name)
            self._last[locale, name.rpartition("/")[2]].append(key)

    def _at_address(self, path: str, locale: str) -> PageKey | None:
        own = address_key(path)
        # A server adds the slash or the ending that is missing, or redirects from one too many.
        bare = own.removesuffix("/")
        spellings = (own, bare if own != bare else f"{own}/", f"{bare}.html")
        for each in spellings:
            for scope in (locale, ""):
                if (found := self._addresses.get((scope, each))) is not None:
                    return found
        return None


def _name_key(name: str) -> str:
    return decoded(name).strip("/").casefold()
