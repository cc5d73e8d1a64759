"""The rules of a folder of Markdown files, from which those of each generator differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from urllib.parse import urlsplit

from cms import clock
from cms.errors import ContentFileError
from cms.importing.front_matter import FrontMatter, Written, read_data
from cms.importing.site.faults import FaultKind
from cms.importing.site.generators.scripts import unread_scripts
from cms.importing.site.mapping import (
    LocaleFiles,
    MarkdownMapping,
    PagePlace,
    built_in_mapping,
    is_file_in,
)
from cms.importing.site.page_index import AddressReading, PageIndex, decoded, joined
from cms.importing.site.syntax.html_pages import template_in
from cms.importing.site.values import PageValues, is_same_value, zone_of

# Endings of texts that a site may have as pages; others are pictures, styles and scripts.
_TEXTS = frozenset(
    {".md", ".markdown", ".mdx", ".mdown", ".mkd", ".adoc", ".org", ".rst", ".canvas"}
)
_NOT_CONTENT = frozenset({"vendor", "_site", "layouts", "themes", "archetypes"})
_DATA_FOLDERS = ("_data", "data")
_DATED = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})[-_ ]?(.*)")


@dataclass(frozen=True)
class SourcePage:
    """A file of the old site.

    Attributes:
        place: its locale and name.
        values: its front matter.
        date: when it was published, if that is known.
    """

    place: PagePlace
    values: PageValues
    date: datetime | None


class Generator:
    """The rules of a generator; this one is a folder of Markdown files.

    Args:
        mapping: the mapping, with the settings of the site.
        folder: the imported folder.
    """

    endings: ClassVar[tuple[str, ...]] = (".md", ".markdown", ".mdx", ".mdown", ".mkd")
    # Files of settings, of which the first that exists is read.
    config: ClassVar[tuple[str, ...]] = ()
    index_names: ClassVar[frozenset[str]] = frozenset({"index", "_index"})
    # Files of settings that are scripts, and their settings, each with its key of the mapping.
    scripts: ClassVar[tuple[str, ...]] = ()
    of_scripts: ClassVar[Mapping[str, str]] = {}
    # Whether files without front matter are not pages.
    needs_front_matter: ClassVar[bool] = False
    # Whether of a key that is repeated in a front matter, the last value counts.
    takes_last_value: ClassVar[bool] = False
    # Endings of files that are pages in another format than Markdown or HTML.
    other_endings: ClassVar[tuple[str, ...]] = ()
    # Endings of files that are pages in HTML if they have a front matter.
    html_endings: ClassVar[tuple[str, ...]] = ()
    # Whether ordinary links can name pages, too, as templates and wikilinks do.
    has_names_in_links: ClassVar[bool] = False

    def __init__(self, mapping: MarkdownMapping, folder: Path, settings: Mapping[str, Any]) -> None:
        self.mapping = mapping
        self.folder = folder
        self.settings = settings
        self.zone = zone_of(mapping.time_zone)

    # --- Settings ---

    @classmethod
    def read_settings(cls, folder: Path) -> Mapping[str, Written]:
        """Return the settings of the site in its own file; empty if there is none.

        Raises:
            ContentFileError: if the file cannot be read.
        """
        for name in cls.config:
            if (folder / name).is_file():
                return read_data(folder / name)
        return {}

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Return a mapping with the settings of the site, where it has no other values.

        Args:
            mapping: the mapping.
            settings: the settings of the generator.
            locales: the locales of the site that the pages come to, the default one first.
        """
        del settings
        if mapping.locales:
            return mapping
        return replace(mapping, locales={locales[0]: LocaleFiles()})

    def unread_settings(self) -> Iterator[tuple[str, str]]:
        """Yield the settings that are not read: the path of their file, and what to do."""
        if not self.scripts:
            return
        plain = built_in_mapping(self.mapping.extends)
        plain = self.configured(plain, self.settings, list(self.mapping.locales)[:1])

        def is_given(key: str) -> bool:
            return bool(getattr(self.mapping, key) != getattr(plain, key))

        yield from unread_scripts(self.folder, self.scripts, self.of_scripts, is_given)

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The data files of the site, by their names."""
        found: dict[str, Any] = {}
        for folder in _DATA_FOLDERS:
            for file in sorted((self.folder / folder).glob("*")):
                if file.suffix.lower() in {".json", ".yaml", ".yml", ".toml"}:
                    try:
                        found[file.stem] = read_data(file)
                    except ContentFileError:  # a list, which has no names
                        continue
        return found

    def attachment(self, name: str) -> str:
        """Return the path of a file of the site by its name or path; empty if there is none."""
        if is_file_in(self.folder, name):
            return name
        return self._paths.get(name.rpartition("/")[2].casefold(), "")

    @cached_property
    def _paths(self) -> Mapping[str, str]:
        """The paths of files by their names; of several, that nearest to the root."""
        files = sorted(self.folder.rglob("*"), key=lambda each: (-len(each.parts), each))
        return {each.name.casefold(): each.relative_to(self.folder).as_posix() for each in files}

    # --- Files ---

    def place_of(self, path: str) -> PagePlace | None:
        """Return the locale and name in a file's path; ``None`` if it is not a page."""
        file = PurePosixPath(path)
        ending = file.suffix.lower()
        if ending not in (*self.endings, *self.html_endings) or self.mapping.is_skipped(path):
            return None
        if is_hidden(path) or self.reason_against(path):
            return None
        if ending in self.html_endings and not self._has_front_matter(path):
            return None
        stem = str(file.with_suffix(""))
        found = [
            (len(files.folder), len(files.suffix), -index, locale)
            for index, (locale, files) in enumerate(self.mapping.locales.items())
            if _is_within(path, files.folder) and stem.lower().endswith(files.suffix.lower())
        ]
        if not found:
            return None
        *_, locale = max(found)  # the most specific one, or the first
        files = self.mapping.locales[locale]
        inside = stem.removeprefix(files.folder.strip("/")).lstrip("/")
        name = inside[: len(inside) - len(files.suffix)]
        return PagePlace(locale=locale, name=self.without_index(name), path=path)

    def in_language(self, place: PagePlace, source: FrontMatter) -> PagePlace:
        """Return the place of a page in the language that its file names.

        Without one, or with one that the mapping does not have, it is in that of its path.
        """
        locale = self.locale_of(self.written_language(place, source))
        return replace(place, locale=locale) if locale else place

    def locale_of(self, language: str) -> str:
        """Return the locale of a language as files name it; empty if the mapping has none."""
        whole = language.casefold().replace("_", "-")
        known = {each.casefold(): each for each in self.mapping.locales}
        return known.get(whole) or known.get(whole.partition("-")[0], "")

    def reason_against_language(self, language: str) -> str:
        """Return why a file in a language that the mapping does not have is not a page."""
        del language
        return ""

    def written_language(self, place: PagePlace, source: FrontMatter) -> str:
        """Return the language that the front matter of a page names; empty if it names none.

        Raises:
            ContentFileError: if it is not a text.
        """
        if not self.mapping.language:
            return ""
        values = PageValues(self.source_of(place, source), {}, self.defaults_of(place))
        return values.text(self.mapping.language)

    def reason_against(self, path: str) -> str:
        """Return why a file is not a page of the site; empty if it is."""
        del path
        return ""

    def ignored(self, path: str) -> str:
        """Return why a text is left out, for the report; empty if that goes without saying."""
        file = PurePosixPath(path)
        is_text = file.suffix.lower() in _TEXTS
        is_html = not self.needs_front_matter and file.suffix.lower() in self.html_endings
        hidden = is_hidden(path) or not _NOT_CONTENT.isdisjoint(file.parts)
        if not (is_text or is_html) or hidden or self.mapping.is_skipped(path):
            return ""
        if is_html:
            is_page = self._is_in_locale(path) and not self.reason_against(path)
            return "is HTML without front matter, which is not imported" * is_page
        if file.suffix.lower() in self.other_endings:
            return f"{file.suffix} files are not imported; convert it to Markdown"
        if file.suffix.lower() not in self.endings:
            return f"{file.suffix} files are not pages of the old site"
        return self.reason_against(path) or "is not in a folder of pages of a locale of the site"

    def reason_against_text(self, place: PagePlace, source: FrontMatter) -> str:
        """Return why a page in HTML is a template, whose text is not known; empty if it is not."""
        template = template_in(source.body) if self.is_html(place) else ""
        return f"is a template in HTML, which is not imported: it has {template}" * bool(template)

    def is_html(self, place: PagePlace) -> bool:
        """Return whether the text of a page is HTML."""
        return PurePosixPath(place.path).suffix.lower() in self.html_endings

    def _is_in_locale(self, path: str) -> bool:
        return any(_is_within(path, files.folder) for files in self.mapping.locales.values())

    def _has_front_matter(self, path: str) -> bool:
        try:
            with (self.folder / path).open("rb") as file:
                return file.read(6).removeprefix(b"\xef\xbb\xbf")[:3] in {b"---", b"+++"}
        except OSError:
            return False

    def without_index(self, name: str) -> str:
        """Return the name of a page without that of the index of its folder."""
        parent, _, last = name.rpartition("/")
        return parent if last in self.index_names and parent else name

    def defaults_of(self, place: PagePlace) -> Mapping[str, Written]:
        """Return values that the site gives to a file beside its front matter."""
        del place
        return {}

    def source_of(self, place: PagePlace, source: FrontMatter) -> FrontMatter:
        """Return a file with the values that its folders add to its front matter."""
        del place
        return source

    # --- Pages ---

    def date_of(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return when a page was published; ``None`` if that is not known."""
        del place
        return values.moment(self.mapping.date, self.zone)

    def address_of(self, page: SourcePage) -> str:
        """Return the path of a page on the old site."""
        return self._stood_at(page)[0]

    def former_of(self, page: SourcePage, address: str) -> list[str]:
        """Return other paths at which a page answered on the old site."""
        return [*self.redirected_to(address), *self.aliases_of(page, address)]

    def spellings_of(self, page: SourcePage) -> Sequence[str]:
        """Return other paths that mean a page in texts of its language."""
        return self._stood_at(page)[1:]

    def redirected_to(self, address: str) -> list[str]:
        """Return the addresses that the mapping redirects to an address."""
        own = address.rstrip("/")
        return [old for old, new in self.mapping.redirects.items() if new.rstrip("/") == own]

    def redirect_of(self, page: SourcePage) -> str:
        """Return the address to which a page redirects, in place of a text; empty if to none."""
        del page
        return ""

    def aliases_of(self, page: SourcePage, address: str) -> list[str]:
        """Return the other addresses that a file names."""
        del address
        return [f"/{each.lstrip('/')}" for each in self.written_aliases(page)]

    def written_aliases(self, page: SourcePage) -> Iterator[str]:
        """Yield the paths of the aliases of a page."""
        for key in self.mapping.aliases:
            for written in page.values.texts(key):
                if alias := self.mapping.path_of_alias(written):
                    yield decoded(alias)

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the path from which the slug of a page is made, without its language."""
        del address
        return page.place.name

    def title_of_file(self, page: SourcePage) -> str:
        """Return the title of a page without one: the name of its file, or that of its folder."""
        last = page.place.name.rpartition("/")[2] or PurePosixPath(page.place.path).stem
        return decoded(last).strip()

    def names_of(self, page: SourcePage) -> list[str]:
        """Return the names by which links can name a page."""
        return [page.place.name]

    def reason_hidden(self, page: SourcePage) -> str:
        """Return why a page is not public on the old site; empty if it is."""
        for key, value in self.mapping.drafts.items():
            if is_same_value(page.values.value(key), value):
                return f"{page.values.spelling(key)}: {page.values.text(key)}"
        if to := self.redirect_of(page):
            return f"redirects to {to}"
        expires = page.values.moment(self.mapping.expiries, self.zone)
        if expires is not None and expires <= clock.now():
            return f"expired at {expires:%Y-%m-%d}"
        if not self.mapping.future and page.date is not None and page.date > clock.now():
            return f"its date, {page.date:%Y-%m-%d}, is in the future"
        return ""

    def remarks_on(self, page: SourcePage) -> Iterator[tuple[FaultKind, str, str]]:
        """Yield what of the front matter does not arrive: the kind of fault, key and message."""
        del page
        yield from ()

    def tags_of(self, values: PageValues) -> Sequence[str]:
        """Return the tags of a page."""
        return values.texts(self.mapping.tags)

    # --- Links ---

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the ways to understand the path of a link, in the generator's order."""
        if _ending(path) in self.endings:
            yield AddressReading("file", joined(_folder_of(page), path))
        yield AddressReading("address", absolute(path, address))

    def named_page(self, kind: str, name: str, page: SourcePage, index: PageIndex) -> Named:
        """Return the pages that a template or a wikilink names.

        Args:
            kind: the kind of the reference, such as ``ref``.
            name: the name.
            page: the page with the reference.
            index: all pages.
        """
        del kind, page, index
        return Named([], f"{name} is not a page")

    def _stood_at(self, page: SourcePage) -> Sequence[str]:
        patterns = self.mapping.locales[page.place.locale].stood_at or ("/{path}/",)
        return [each.replace("{path}", page.place.name) for each in patterns]


@dataclass(frozen=True)
class Named:
    """The pages that a name can mean.

    Attributes:
        keys: the pages; a name that means several is not resolved.
        reason: why there is not exactly one.
    """

    keys: Sequence[tuple[str, str]]
    reason: str = ""


def absolute(path: str, address: str) -> str:
    """Return the path of an address that is relative to that of its page."""
    if path.startswith("/"):
        return path
    whole = joined(address.rpartition("/")[0], path)
    slash = "/" if whole and (path.endswith("/") or path.rpartition("/")[2] in {".", ".."}) else ""
    return f"/{whole}{slash}"


def dated(name: str) -> tuple[str, str]:
    """Return the date at the start of a file's name, and the rest; an empty date if none."""
    match = _DATED.fullmatch(name)
    return (match[1], match[2]) if match is not None and match[2] else ("", name)


def texts_of(value: Any) -> list[str]:
    """Return the texts of a setting, one or several."""
    items: Iterable[Any] = value if isinstance(value, list) else [value]
    return [str(each) for each in items if isinstance(each, str) and each]


def base_path(url: str) -> str:
    """Return the path of the URL of a site, without a slash at its end."""
    return urlsplit(url).path.rstrip("/")


def _folder_of(page: SourcePage) -> str:
    return page.place.path.rpartition("/")[0]


def is_hidden(path: str) -> bool:
    """Return whether no generator reads a file: those of tools, versions and waste."""
    return any(each.startswith(".") or each == "node_modules" for each in path.split("/"))


def _ending(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def _is_within(path: str, folder: str) -> bool:
    return not folder.strip("/") or path.startswith(f"{folder.strip('/')}/")
