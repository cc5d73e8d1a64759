"""Where a site and its files are."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from cms.errors import CopydeskError
from cms.site import Site


class NoSuchFile(CopydeskError):
    """The site has no such file. The message says why, and what to do about it."""


@dataclass(frozen=True)
class Addresses:
    """The URLs of a site's pages and files.

    Attributes:
        home: the site's URL, without a slash at the end.
        files: the URL under which its files are, without a slash at the end.
    """

    home: str
    files: str

    def page(self, path: str) -> str:
        """Return the URL of a page; letters that no URL may hold are escaped (RFC 3986)."""
        return self.home + quote(path)


def addresses_of(site: Site, mounted_at: str) -> Addresses:
    """Return the addresses of a site.

    Args:
        site: its declaration.
        mounted_at: the path under which the host serves the app, as in ASGI's ``root_path``.

    Raises:
        NoSuchFile: if the declaration has no ``url``.
    """
    if not site.url:
        message = (
            f"The declaration of {site.name} has no url, so its pages have no absolute "
            'addresses; add url="https://…" to Site(…).'
        )
        raise NoSuchFile(message)
    # A host that is served below a path of its own names that path as well.
    below = unquote(urlsplit(site.url).path)
    is_below = f"{mounted_at}/".startswith(f"{below}/")
    inside = mounted_at.removeprefix(below) if is_below else mounted_at
    return Addresses(site.url, site.url + quote(inside))
