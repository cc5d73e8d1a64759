"""The URLs of a site and its files."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from cms.errors import CopydeskError
from cms.site import Site
from cms.storage.dialects import encoded_path


class NoSuchFile(CopydeskError):
    """A missing file of the site. The message has the reason and a remedy."""


@dataclass(frozen=True)
class Addresses:
    """The URLs of a site's pages and files.

    Attributes:
        site: the site's declaration.
        files: the URL prefix of its files, without a slash at the end.
    """

    site: Site
    files: str

    def page(self, path: str, locale: str) -> str:
        """Return the URL of a page in a locale, with escapes as in RFC 3986."""
        return self.site.url_in(locale) + encoded_path(path)


def addresses_of(site: Site, mounted_at: str) -> Addresses:
    """Return the addresses of a site.

    Args:
        site: the site's declaration.
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
    # If the host itself is below a path, as in `site.url`, the mount path includes that path.
    below = unquote(urlsplit(site.url).path)
    is_below = f"{mounted_at}/".startswith(f"{below}/")
    inside = mounted_at.removeprefix(below) if is_below else mounted_at
    return Addresses(site, site.url + encoded_path(inside))
