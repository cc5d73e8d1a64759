"""The rules of Docusaurus: https://docusaurus.io/docs/create-doc."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import ClassVar

from cms.importing.site.generators.base import SourcePage, absolute
from cms.importing.site.generators.rooted import RootedGenerator
from cms.importing.site.mapping import PagePlace
from cms.importing.site.page_index import AddressReading, joined
from cms.importing.site.values import PageValues, moment_of

_NUMBERED = re.compile(r"\d+\s*[-_.]+\s*(?P<rest>[^-_.\s].*)")
_NOT_NUMBERED = re.compile(r"(\d{2}|\d{4})[-_.]\d{2}([-_.](\d{2}|\d{4}))?.*|\d+[-_.]\d+.*")
_BLOG = "blog"


class Docusaurus(RootedGenerator):
    """A site of Docusaurus. Translations are roots of the mapping, as the others are."""

    endings = (".md", ".mdx")
    index_names = frozenset({"index", "README", "readme"})
    scripts = tuple(
        f"{folder}docusaurus.config.{ending}"
        for folder in ("", "website/")
        for ending in ("js", "ts", "mjs")
    )
    of_scripts: ClassVar[Mapping[str, str]] = {
        "url": "url",
        "baseUrl": "roots",
        "routeBasePath": "roots",
        "path": "roots",
        "locales": "locales",
        "redirects": "redirects",
    }

    def place_of(self, path: str) -> PagePlace | None:
        """Return the locale and the name in the root, so that translations have the same name."""
        place = super().place_of(path)
        root = self.root_of(path)
        if place is None or root is None:
            return place
        name = self.without_index(self.inside(path))
        kind = _kind(root[0])
        return replace(place, name=f"{kind}/{name}" if kind else name)

    def without_index(self, name: str) -> str:
        """Return the name of the folder for its index, and for a file of the folder's name."""
        parent, _, last = name.rpartition("/")
        is_index = last in self.index_names or _plain(last) == _plain(parent.rpartition("/")[2])
        return parent if is_index and parent else name

    def date_of(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return the date in the front matter, or in the name of a post or its folder."""
        found = values.moment(self.mapping.date, self.zone)
        if found is None and self._is_post(place):
            return moment_of(self._dated(place)[0].strip("/").replace("/", "-"), self.zone)
        return found

    def address_of(self, page: SourcePage) -> str:
        """Return the path of the root with the ``slug`` or ``id`` of the page, or of its file."""
        _, base = self.root_of(page.place.path) or ("", "")
        slug = page.values.text("slug")
        if self._is_post(page.place):
            date, name = self._dated(page.place)
            return f"{base}/{slug.strip('/')}" if slug else f"{base}/{date}{name}"
        if slug.startswith("/"):
            return f"{base}{slug}" if slug != "/" else f"{base}/"
        inside = self.inside(page.place.path)
        is_page = self._kind(page.place) == "pages"
        segments = inside.split("/") if is_page else list(map(_plain, inside.split("/")))
        if slug:
            return f"{base}/{joined('/'.join(segments[:-1]), slug)}"
        if len(segments) == 1 and segments[0] in self.index_names:
            return f"{base}/"
        name = self.without_index("/".join(segments))
        if name != "/".join(segments):
            return f"{base}/{name}/"
        own = page.values.text("id")
        return f"{base}/{joined('/'.join(segments[:-1]), own)}" if own else f"{base}/{name}"

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the address without the prefix of its language."""
        return (
            address.removeprefix(f"/{page.place.locale}/") if self._is_translated(page) else address
        )

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the file that a link to Markdown means, or the address."""
        root, _ = self.root_of(page.place.path) or ("", "")
        if path.startswith("@site/"):
            yield AddressReading("file", path.removeprefix("@site/"))
        elif PurePosixPath(path).suffix.lower() in self.endings:
            is_relative = path.startswith(("./", "../"))
            beside = [] if path.startswith("/") else [page.place.path.rpartition("/")[0]]
            for folder in beside if is_relative else [*beside, root, ""]:
                file = joined(folder, path.lstrip("/"))
                other = self.root_of(file)
                yield AddressReading("file", file, is_broken=other is None or other[0] != root)
        else:
            whole = absolute(path, address)
            if path.startswith("/") and self._is_translated(page):
                yield AddressReading("address", f"/{page.place.locale}{whole}")
            yield AddressReading("address", whole)
            prefix = f"/{page.place.locale}/"
            if whole.startswith(prefix):  # a page without a translation is there, too
                yield AddressReading("address", whole[len(prefix) - 1 :])

    def _kind(self, place: PagePlace) -> str:
        root = self.root_of(place.path)
        return _kind(root[0]) if root is not None else ""

    def _is_post(self, place: PagePlace) -> bool:
        return self._kind(place) == _BLOG

    def _is_translated(self, page: SourcePage) -> bool:
        return page.place.path.startswith("i18n/")

    def _dated(self, place: PagePlace) -> tuple[str, str]:
        """Return the date of a post, as in its address, and its name."""
        name = self.without_index(self.inside(place.path))
        parts = re.fullmatch(r"(?:(.*)/)?(\d{4})[-/](\d{1,2})[-/](\d{1,2})[-/](.*)", name)
        if parts is None:
            return "", name
        folder, year, month, day, rest = parts.groups()
        return f"{year}/{month:0>2}/{day:0>2}/", f"{folder}/{rest}" if folder else rest


def _kind(root: str) -> str:
    """Return the kind of a root: ``blog``, ``pages``, or empty for documents."""
    last = root.rpartition("/")[2]
    if "plugin-content-blog" in root or last == _BLOG:
        return _BLOG
    return "pages" if "plugin-content-pages" in root or last == "pages" else ""


def _plain(segment: str) -> str:
    """Return a segment without the number at its start, by which it is sorted."""
    match = _NUMBERED.fullmatch(segment)
    return match["rest"] if match is not None and not _NOT_NUMBERED.fullmatch(segment) else segment
