"""The rules of Docusaurus: https://docusaurus.io/docs/create-doc."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from cms.importing.front_matter import Written
from cms.importing.site.generators.base import SourcePage, absolute
from cms.importing.site.generators.rooted import RootedGenerator
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, PagePlace
from cms.importing.site.page_index import AddressReading, joined
from cms.importing.site.values import PageValues, moment_of

_NUMBERED = re.compile(r"\d+\s*[-_.]+\s*(?P<rest>[^-_.\s].*)")
_NOT_NUMBERED = re.compile(r"(\d{2}|\d{4})[-_.]\d{2}([-_.](\d{2}|\d{4}))?.*|\d+[-_.]\d+.*")
_BLOG = "blog"
# The folders of translations: by language, by plugin and its instance, and by version.
_TRANSLATIONS = re.compile(
    r"(?P<site>.*?)(?P<folder>i18n/(?P<language>[^/]+))/docusaurus-plugin-content-"
    r"(?P<kind>docs|blog|pages)(?:-(?P<instance>[^/]+))?(?:/(?P<version>current|version-[^/]+))?"
)


class Docusaurus(RootedGenerator):
    """A site of Docusaurus. Translations are roots, as the others are."""

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

    @classmethod
    def read_settings(cls, folder: Path) -> Mapping[str, Written]:
        """Return the folders of translations."""
        found = [
            each.relative_to(folder).as_posix()
            for depth in ("*/*", "*/*/*")
            for parent in ("", "website/")
            for each in sorted(folder.glob(f"{parent}i18n/{depth}"))
            if each.is_dir()
        ]
        return {"translations": [each for each in found if _TRANSLATIONS.fullmatch(each)]}

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Take the languages with translations, and the roots of these, if the mapping has none."""
        if mapping.locales:
            return mapping
        known = {each.casefold(): each for each in locales[1:]}
        own = {locales[0]: LocaleFiles()}
        roots: dict[str, str] = {}
        for path in settings["translations"]:
            match = _TRANSLATIONS.fullmatch(path)
            locale = known.get(match["language"].casefold()) if match is not None else None
            if match is None or locale is None:
                continue
            address = _address_of_root(match, mapping.roots)
            if address is not None:
                own[locale] = LocaleFiles(folder=f"{match['site']}{match['folder']}")
                roots[path] = f"/{match['language']}{address.rstrip('/')}"
        return replace(mapping, locales=own, roots={**roots, **mapping.roots})

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
        return address.removeprefix(f"/{_language(page)}/")

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the file that a link to Markdown means, or the address."""
        root, _ = self.root_of(page.place.path) or ("", "")
        if path.startswith("@site/"):
            yield AddressReading("file", path.removeprefix("@site/"))
        elif PurePosixPath(path).suffix.lower() in self.endings:
            is_relative = path.startswith(("./", "../"))
            beside = [] if path.startswith("/") else [page.place.path.rpartition("/")[0]]
            own = [root, *self._translated_roots(page, root)]
            for folder in beside if is_relative else [*beside, *own, ""]:
                file = joined(folder, path.lstrip("/"))
                other = self.root_of(file)
                yield AddressReading("file", file, is_broken=other is None or other[0] not in own)
        else:
            whole = absolute(path, address)
            language = _language(page)
            if path.startswith("/") and language:
                yield AddressReading("address", f"/{language}{whole}")
            yield AddressReading("address", whole)
            prefix = f"/{language or page.place.locale}/"
            if whole.startswith(prefix):  # a page without a translation is there, too
                yield AddressReading("address", whole[len(prefix) - 1 :])

    def _translated_roots(self, page: SourcePage, root: str) -> Sequence[str]:
        """Return the roots that the root of a translation translates."""
        language, roots = _language(page), self.mapping.roots
        address = roots.get(root, "").removeprefix(f"/{language}").rstrip("/")
        found = (each for each in roots if each != root and roots[each].rstrip("/") == address)
        return [each.strip("/") for each in found] if language else []

    def _kind(self, place: PagePlace) -> str:
        root = self.root_of(place.path)
        return _kind(root[0]) if root is not None else ""

    def _is_post(self, place: PagePlace) -> bool:
        return self._kind(place) == _BLOG

    def _dated(self, place: PagePlace) -> tuple[str, str]:
        """Return the date of a post, as in its address, and its name."""
        name = self.without_index(self.inside(place.path))
        parts = re.fullmatch(r"(?:(.*)/)?(\d{4})[-/](\d{1,2})[-/](\d{1,2})[-/](.*)", name)
        if parts is None:
            return "", name
        folder, year, month, day, rest = parts.groups()
        return f"{year}/{month:0>2}/{day:0>2}/", f"{folder}/{rest}" if folder else rest


def _address_of_root(translations: re.Match[str], roots: Mapping[str, str]) -> str | None:
    """Return the path of the pages that a folder has translations of; ``None`` if unknown."""
    instance, version = translations["instance"], translations["version"] or "current"
    last = instance or translations["kind"]
    if version != "current":
        last = f"{instance}_versioned_docs/{version}" if instance else f"versioned_docs/{version}"
    for root, address in roots.items():
        if f"/{root}".endswith(f"/{last}"):
            return address
    return None


def _language(page: SourcePage) -> str:
    """Return the language in the address of a translation; empty for other pages."""
    match = _TRANSLATIONS.match(page.place.path)
    return match["language"] if match is not None else ""


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
