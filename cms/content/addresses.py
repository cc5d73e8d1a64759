"""Addresses on the site: many spellings of one path.

Browsers, editors and sitemaps spell one address in many ways: percent-encoded or not, in either
case of the hexadecimal digits, composed or decomposed, relative, absolute, with a trailing slash,
with query and fragment. :func:`read_address` is the one function that says which path is meant. It
resolves as in RFC 3986, section 5.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult, unquote, urlsplit

# The most bytes of a path: PostgreSQL indexes 2,704 bytes, with what is beside the path.
LONGEST_PATH = 2_000
# The most bytes of the path of a category in the tree, below which pages stand.
LONGEST_TREE_PATH = 1_000

_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_BELOW = "/*"
# The most characters of a name in the DNS, and a port: https://datatracker.ietf.org/doc/html/rfc1035
_LONGEST_HOST = 260
_BAD_HOST = re.compile(r"[\s/?#@\\]")
# Most addresses: a path that is spelled as it is stored, which takes a tenth of the time to read.
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True)
class SiteAddress:
    """The place on the site that an address means.

    Attributes:
        path: the path from the root of the site, in Unicode (NFC), without a slash at the end.
        query: the query as written, without ``?``.
        fragment: the anchor, decoded, without ``#``.
        locale: the locale whose host the address names; ``None`` if it names none.
    """

    path: str
    query: str = ""
    fragment: str = ""
    locale: str | None = None


@dataclass(frozen=True)
class SiteRoot:
    """A place on the web where the site is.

    Attributes:
        host: the host.
        path: the path of the site's root, without a slash at the end.
        locale: the locale that the host names; ``None`` if it names none.
    """

    host: str
    path: str
    locale: str | None


@dataclass(frozen=True)
class OwnAddresses:
    """The addresses that belong to a site.

    Attributes:
        urls: the URL of the site, by locale; the same for all locales that share a host. Empty
            where the site has none.
        hosts: other hosts that are the site's own: ``www.example.org``.
        routes: canonical paths that the frontend serves by itself; ``/account/*`` stands for all
            paths below ``/account``.
    """

    urls: Mapping[str, str] = field(hash=False)  # a dictionary has no hash
    hosts: frozenset[str] = frozenset()
    routes: tuple[str, ...] = ()

    @property
    def has_shared_host(self) -> bool:
        """True if several locales share a host; then a path is of one locale only."""
        return len(set(self.urls.values())) < len(self.urls)

    def host_names(self) -> frozenset[str]:
        """Return the names of all hosts of the site, each with a port that is not the default."""
        return self.hosts | {_host_of(urlsplit(url)) for url in self.urls.values() if url}

    def is_route(self, path: str) -> bool:
        """Return whether the frontend serves a canonical path by itself."""
        return any(_matches(pattern, path) for pattern in self.routes)

    @cached_property
    def roots(self) -> Sequence[SiteRoot]:
        """The places of the site, with each host of its own: the longest address first."""
        found = [
            SiteRoot(_host_of(parts), parts.path, None if self.has_shared_host else locale)
            for locale, url in sorted(self.urls.items(), key=lambda each: -len(each[1]))
            if url
            for parts in [urlsplit(url)]
        ]
        others = (SiteRoot(each, "", None) for each in sorted(self.hosts))
        return (*dict.fromkeys(found), *others)

    def locales_beside(self, locale: str) -> tuple[str, ...]:
        """Return the locales that share the host of a locale, this one included."""
        url = self.urls.get(locale, "")
        return tuple(each for each, other in self.urls.items() if other == url)


def read_address(href: str, own: OwnAddresses, base: str | None = None) -> SiteAddress | None:
    """Return the place on the site that an address means; ``None`` if it is elsewhere.

    Args:
        href: the address, in any spelling: ``/d/x``, ``../d/x?y=1#z``, ``https://example.org/d/x``.
        own: the addresses that belong to the site.
        base: path of the page with the address, for relative ones; ``None`` for the root.
    """
    if _PLAIN_PATH.fullmatch(href):
        return SiteAddress(href)
    if "\\" in href:  # browsers take it for a slash
        return None
    try:
        parts = urlsplit(href)
        found = _on_site(parts, own)
    except ValueError:  # half an IPv6 address, a port that is no number
        return None
    if found is None:
        return None
    path, locale = found
    return SiteAddress(
        path=_canonical(path, base),
        query=parts.query,
        fragment=unquote(parts.fragment),
        locale=locale,
    )


@dataclass(frozen=True)
class WrittenAddress:
    """An address on the web as far as it can be read without knowing the site.

    Attributes:
        host: the host, in ASCII and small letters, with a port that is not the default one;
            ``None`` for an address on the same host, and for one that is on no host.
        path: the path from the root of the host, as in :class:`SiteAddress`; ``None`` for what is
            no page, such as ``mailto:``.
    """

    host: str | None = None
    path: str | None = None


def read_written_address(href: str, base: str | None = None) -> WrittenAddress:
    """Return the host and the path in an address, read as :func:`read_address` reads them.

    Args:
        href: the address, without query and fragment.
        base: path of the page with the address, for relative ones; ``None`` for the root.
    """
    if _PLAIN_PATH.fullmatch(href):
        return WrittenAddress(path=href)
    if "\\" in href:
        return WrittenAddress()
    try:
        parts = urlsplit(href)
        if not _is_on_web(parts):
            return WrittenAddress()
        host = _host_of(parts) if parts.netloc else None
    except ValueError:
        return WrittenAddress()
    if host is not None and not 0 < len(host) <= _LONGEST_HOST:
        return WrittenAddress()
    path = parts.path or "/" if parts.netloc else parts.path
    return WrittenAddress(host, _canonical(path, base))


def path_key(path: str) -> str:
    """Return a path without the slash at its end, by which it is looked up."""
    return path.rstrip("/") or "/"


def own_addresses(
    urls: Mapping[str, str], hosts: Iterable[str], routes: Sequence[str]
) -> OwnAddresses:
    """Return the addresses of a site.

    Args:
        urls: the URL of the site, by locale, without a slash at the end.
        hosts: other hosts that are the site's own.
        routes: paths that the frontend serves by itself, in any spelling.

    Raises:
        ValueError: if a host is no host, or a route no path.
    """
    for host in hosts:
        if not host or _BAD_HOST.search(host):
            raise ValueError(f"{host!r} is not a host; write it as in 'www.example.org'")
    named = frozenset(_host_of(urlsplit(f"https://{host}")) for host in hosts)
    return OwnAddresses(urls, named, tuple(map(_route, routes)))


def _route(written: str) -> str:
    below = written.endswith(_BELOW)
    path = written.removesuffix(_BELOW) if below else written
    address = read_address(path or "/", OwnAddresses({}))
    is_path = path.startswith("/") or (below and not path)
    if not is_path or address is None or "*" in path or {*"?#"} & {*path}:
        raise ValueError(
            f"{written!r} is not a route; write a path such as '/search', or '/account/*' for all "
            "paths below it"
        )
    return f"{address.path.rstrip('/')}{_BELOW}" if below else address.path


def _matches(pattern: str, path: str) -> bool:
    if pattern.endswith(_BELOW):
        return path.startswith(pattern.removesuffix("*")) and path != "/"
    return path == pattern


def _on_site(parts: SplitResult, own: OwnAddresses) -> tuple[str, str | None] | None:
    """Return the path of an address below the site's root, and the locale of its host."""
    if not _is_on_web(parts):
        return None
    if not parts.netloc:
        return parts.path, None
    host, path = _host_of(parts), parts.path or "/"
    # The longest first: a host can have the sites of several locales, each below a path.
    for root in own.roots:
        if root.host == host and f"{path}/".startswith(f"{root.path}/"):
            return path.removeprefix(root.path) or "/", root.locale
    return None


def _is_on_web(parts: SplitResult) -> bool:
    """Return whether an address is a path, or one on a host of the web."""
    if not parts.netloc:
        return not parts.scheme
    return parts.scheme in {"", *_DEFAULT_PORTS} and "@" not in parts.netloc


def _canonical(path: str, base: str | None) -> str:
    """Return a path from the root in Unicode (NFC), without a slash at the end."""
    segments = _segments(path) if path else _segments(base or "/")
    if path and not path.startswith("/"):
        segments = [*_segments(base or "/")[:-1], *segments]
    return path_key("/" + "/".join(_without_dots(segments)))


def _host_of(parts: SplitResult) -> str:
    """Return the host of a URL, with its port unless that is the default one."""
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        with suppress(UnicodeError):  # no name of a host; it is compared as it is
            host = host.encode("idna").decode()
    is_default = parts.port in {None, *_DEFAULT_PORTS.values()}
    return host if is_default else f"{host}:{parts.port}"


def _segments(path: str) -> list[str]:
    """Return the segments of a path, each decoded; the first is empty for an absolute path."""
    written = path.split("/")
    return [_decoded(each) for each in (written[1:] if path.startswith("/") else written)]


def _decoded(segment: str) -> str:
    if "%" not in segment and segment.isascii() and segment.isprintable():
        return segment
    try:
        decoded = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return segment
    # No path of the site has such characters. An escaped slash does not part two segments.
    is_plain = "/" not in decoded and not any(map(_is_control, decoded))
    return unicodedata.normalize("NFC", decoded) if is_plain else segment


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc"


def _without_dots(segments: Sequence[str]) -> list[str]:
    """Return the segments without ``.`` and ``..`` (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    for each in segments:
        if each == "..":
            kept = kept[:-1]
        elif each != ".":
            kept.append(each)
    return [*kept, ""] if segments and segments[-1] in {".", ".."} else kept
