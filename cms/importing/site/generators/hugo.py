"""The rules of Hugo: https://gohugo.io/content-management/urls/."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import Written, read_page_file
from cms.importing.site.generators.base import (
    Generator,
    Named,
    SourcePage,
    absolute,
    dated,
    texts_of,
)
from cms.importing.site.generators.hugo_settings import (
    default_language,
    folder_of,
    has_ugly_urls,
    heading_ids_of,
    languages_of,
    locale_files,
    lower_keys,
    read_hugo_settings,
    unread_mounts,
)
from cms.importing.site.mapping import MarkdownMapping, PagePlace
from cms.importing.site.page_index import AddressReading, PageIndex, joined
from cms.importing.site.values import PageValues, is_true, moment_of

_KEPT = frozenset("._-+~@#/")
# The endings of pages, which links can have.
_ENDING = re.compile(r"\.(md|markdown|mdown|html)$")
_INDEX = re.compile(r"(^|/)_?index$")
# A render hook that looks for the pages that links name.
_LOOKING = re.compile(r"GetPage|\b(rel)?ref\b", re.IGNORECASE)
_TOKEN = re.compile(r":([A-Za-z0-9]+)(?:\[([^\]]*)\])?")
_FILE_NAME = ":filename"
# Keys of the date of a page, in order, which ":default" stands for in settings.
_DATES = ("date", "publishDate", "pubdate", "published", "lastmod", "modified")


class Hugo(Generator):
    """A site of Hugo."""

    endings = (".md", ".markdown", ".mdown")
    other_endings = (".adoc", ".org", ".rst")
    html_endings = (".html", ".htm")

    @classmethod
    def read_settings(cls, folder: Path) -> Mapping[str, Written]:
        """Return the settings of the site in its file, and in the folders of its settings.

        Raises:
            ContentFileError: if a file cannot be read.
        """
        return read_hugo_settings(folder)

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Take the URL, time zone, languages, permalinks and ids of headings of the site."""
        permalinks = lower_keys(settings.get("permalinks"))
        pages = permalinks.get("page", permalinks)
        return replace(
            mapping,
            url=mapping.url or str(lower_keys(settings).get("baseurl", "")).rstrip("/"),
            time_zone=mapping.time_zone or str(lower_keys(settings).get("timezone", "")),
            locales=mapping.locales or locale_files(settings, locales),
            heading_ids=mapping.heading_ids or heading_ids_of(settings),
            permalinks={
                **{k: v for k, v in pages.items() if isinstance(v, str)},
                **mapping.permalinks,
            },
        )

    def unread_settings(self) -> Iterator[tuple[str, str]]:
        """Yield the mounts of single folders of the content."""
        for mount in unread_mounts(self.settings):
            yield "", f"module.mounts: {mount}, and is not read; copy it there"

    def place_of(self, path: str) -> PagePlace | None:
        """Return the locale and name; a name can end with the default language, too."""
        place = super().place_of(path)
        own = f".{self.default}"
        if place is None or self.mapping.locales[place.locale].suffix:
            return place
        if not place.name.lower().endswith(own):
            return place
        return replace(place, name=self.without_index(place.name[: -len(own)]))

    def reason_against(self, path: str) -> str:
        """Return that a file is ignored, a resource of a bundle, or in a language left out."""
        if any(each.search(f"/{path}") for each in self._ignored):
            return "is ignored by the site"
        *folders, file = path.split("/")
        bundles = ["/".join(folders[:number]) for number in range(1, len(folders) + 1)]
        for each in bundles:
            if file.split(".")[0] == "index" and each == "/".join(folders):
                continue
            if any((self.folder / each).glob("index.*")) and _has_index(self.folder / each):
                return "is a resource of the bundle of its folder, and not a page"
        language = self._language_left_out(path)
        return f"its language {language!r} is not a locale of the mapping" if language else ""

    def _language_left_out(self, path: str) -> str:
        """Return the language of a file that is not a locale of the mapping; empty if it is."""
        mapped = self.mapping.locales
        suffix = PurePosixPath(PurePosixPath(path).stem).suffix.lower()
        known = {locale.lower() for locale in mapped}
        for name, folder in self._other_folders.items():
            if name in known:
                continue
            if suffix == f".{name}" and suffix not in {each.suffix for each in mapped.values()}:
                return name
            folders = [each.folder.strip("/") for each in mapped.values()]
            is_within = folder and path.startswith(f"{folder}/")
            if is_within and not any(f"{each}/".startswith(f"{folder}/") for each in folders):
                return name
        return ""

    @cached_property
    def _other_folders(self) -> Mapping[str, str]:
        """The folder of each language but the default one; empty if it has none of its own."""
        found = {name: folder_of(self.settings, name) for name in languages_of(self.settings)}
        default = folder_of(self.settings, self.default)
        return {
            name: folder.strip("/") if folder != default else ""
            for name, folder in found.items()
            if name != self.default
        }

    @cached_property
    def _ignored(self) -> Sequence[re.Pattern[str]]:
        """The patterns of the paths that the site ignores."""
        found: list[re.Pattern[str]] = []
        for each in texts_of(lower_keys(self.settings).get("ignorefiles")):
            try:
                found.append(re.compile(each))
            except re.error as error:
                raise SiteError(
                    f"ignoreFiles in the settings of the site: {each!r} cannot be read ({error}); "
                    "write it as a regular expression of Python"
                ) from None
        return found

    @property
    def default(self) -> str:
        """The language whose pages have no prefix."""
        return default_language(self.settings)

    @property
    def is_resolving(self) -> bool:
        """True if links to files and pages become those of their addresses."""
        goldmark = lower_keys(lower_keys(self.settings.get("markup")).get("goldmark"))
        link = lower_keys(lower_keys(goldmark.get("renderhooks")).get("link"))
        use = str(link.get("useembedded", "auto")).lower()
        is_multilingual = len(languages_of(self.settings)) > 1
        if use == "always" or is_true(link.get("enabledefault")):
            return True
        if self._hook:
            return _LOOKING.search(self._hook) is not None
        return use == "fallback" or (use == "auto" and is_multilingual)

    @cached_property
    def _hook(self) -> str:
        """The template of links; empty if the site has none."""
        for layouts in (self.folder / "layouts", *self.folder.glob("themes/*/layouts")):
            for parent in (layouts, layouts / "_default"):
                file = parent / "_markup" / "render-link.html"
                if file.is_file():
                    return file.read_text(encoding="utf-8", errors="replace")
        return ""

    def defaults_of(self, place: PagePlace) -> Mapping[str, Written]:
        """Return the values that the site and the sections of a page pass on to it."""
        values: dict[str, Written] = {}
        for cascade in self._cascades(place):
            for each in cascade if isinstance(cascade, list) else [cascade]:
                if isinstance(each, dict) and self._is_target(each, place):
                    values |= {k: v for k, v in each.items() if k not in {"_target", "target"}}
        return values

    # --- Pages ---

    def date_of(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return the date in the front matter, or in the file's name if the site reads it."""
        keys = self._keys_of("publishdate")
        return self._moment(keys, place, values) or self._own_date(place, values)

    def address_of(self, page: SourcePage) -> str:
        """Return the path by ``url``, the permalinks of its section, or its folders and slug."""
        if page.place.locale in self.mapping.locales and self._stood(page):
            return super().address_of(page)
        prefix, url = self._prefix(page), page.values.text("url")
        if url:
            filled = _sanitised(self._filled(url, page)).lower() if ":" in url else url
            whole = filled if url.startswith("/") else f"{prefix}/{filled}"
            return whole if whole.endswith("/") or "." in whole.rpartition("/")[2] else f"{whole}/"
        folders, slug = self._parts(page)
        pattern = self._pattern(page, folders[0] if folders else slug)
        path = self._filled(pattern, page) if pattern else "/".join(filter(None, [*folders, slug]))
        clean = _sanitised(re.sub(r"/+", "/", path).strip("/"))
        clean = (
            clean
            if is_true(lower_keys(self.settings).get("disablepathtolower"))
            else (clean.lower())
        )
        if not clean:
            return f"{prefix}/"
        section = page.place.name.partition("/")[0]
        is_ugly = has_ugly_urls(self.settings, section) and not self._is_section(page)
        return f"{prefix}/{clean}.html" if is_ugly else f"{prefix}/{clean}/"

    def former_of(self, page: SourcePage, address: str) -> list[str]:
        """Add the prefix of the default language, from which its home page is redirected."""
        languages = languages_of(self.settings)
        is_home = address == "/" and len(languages) > 1
        return [*super().former_of(page, address), *([f"/{self.default}/"] if is_home else [])]

    def aliases_of(self, page: SourcePage, address: str) -> list[str]:
        """Return the aliases; a relative one is relative to the folder of the page."""
        parent = address.rstrip("/").rpartition("/")[0]
        prefix = self._prefix(page)
        found: list[str] = []
        for alias in self.written_aliases(page):
            path = f"{prefix}{alias}" if alias.startswith("/") else f"/{joined(parent, alias)}"
            is_file = "." in path.rpartition("/")[2]
            found.append(path if is_file or path.endswith("/") else f"{path}/")
        return found

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the address without the prefix of its language."""
        return address.removeprefix(f"{self._prefix(page)}/")

    def names_of(self, page: SourcePage) -> list[str]:
        """Return the logical path of a page, and that of its file."""
        folder = self.mapping.locales[page.place.locale].folder.strip("/")
        inside = page.place.path.removeprefix(folder).lstrip("/")
        return [page.place.name, inside, "" if page.place.name == "_index" else page.place.name]

    def reason_hidden(self, page: SourcePage) -> str:
        """Add pages that are built without an address."""
        build = page.values.value("build") or page.values.value("_build")
        if isinstance(build, dict) and build.get("render") in {"never", "link", "false"}:
            return "build.render: never"
        is_bundle = page.place.path.rpartition("/")[2].startswith("index.")
        if is_bundle and is_true(page.values.value("headless")):
            return "headless: true"
        outputs = [each.lower() for each in texts_of(page.values.value("outputs"))]
        if outputs and "html" not in outputs:
            return f"outputs: {', '.join(outputs)}"
        off = lower_keys(self.settings).get("disablekinds")
        if (kind := self._kind(page.place)) in texts_of(off):
            return f"the site has no pages of the kind {kind!r}"
        return super().reason_hidden(page)

    # --- Links ---

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the page that is named so if the site resolves names, and the address."""
        for each in self._names_in_link(path, page) if self.is_resolving else ():
            yield AddressReading("name", each)
        yield AddressReading("address", absolute(path, address))
        file = joined("" if path.startswith("/") else self._logical_folder(page), path)
        if not self.is_resolving and (bare := _bare(file)) != file:
            yield AddressReading("name", bare, is_broken=True)

    def _names_in_link(self, path: str, page: SourcePage) -> Iterator[str]:
        """Yield the names that a link can mean: relative to its page, then to the root."""
        folders = [] if path.startswith("/") else [self._folder_of_names(path, page)]
        folders += [] if path.startswith("../") else [""]
        for folder in folders:
            name = joined(folder, path.lstrip("/"))
            yield from (name, _bare(name))

    def named_page(self, kind: str, name: str, page: SourcePage, index: PageIndex) -> Named:
        """Return the page of a ``ref``: by its path from the page or the root, or its name."""
        del kind
        path, _, language = name.partition("?lang=")
        locale = language or page.place.locale
        bare = _bare(path)
        folder = self._folder_of_names(path, page)
        relative = [] if path.startswith("/") else [_bare(joined(folder, path))]
        for each in [*relative, bare]:
            if (key := index.at(AddressReading("name", each), locale)) is not None:
                return Named([key])
        found = index.named(bare, locale) if "/" not in bare.strip("/") else []
        if len(found) > 1:
            return Named(found, f"{path} names {len(found)} pages")
        return Named(found, "" if found else f"{path} is not a page in {locale!r}")

    # --- Values of sections ---

    def _cascades(self, place: PagePlace) -> Iterator[Written]:
        yield self.settings.get("cascade", {})
        parts = place.path.split("/")[:-1]
        for number in range(1, len(parts) + 1):
            yield self._cascade_of("/".join(parts[:number]), place.locale)

    def _cascade_of(self, folder: str, locale: str) -> Written:
        """Return the values that a section passes on to its pages in a language."""
        if (folder, locale) not in self._known_cascades:
            written: Mapping[str, Written] = {}
            for file in sorted((self.folder / folder).glob("_index.*")):
                place = self.place_of(file.relative_to(self.folder).as_posix())
                if place is None or place.locale != locale:
                    continue
                with suppress(ContentFileError):  # it is a fault of its own
                    written = read_page_file(file).written
            self._known_cascades[folder, locale] = written.get("cascade", {})
        return self._known_cascades[folder, locale]

    @cached_property
    def _known_cascades(self) -> dict[tuple[str, str], Written]:
        return {}

    def _is_target(self, cascade: Mapping[str, Written], place: PagePlace) -> bool:
        target = cascade.get("_target") or cascade.get("target")
        if not isinstance(target, dict):
            return True
        own = f"/{'' if place.name == '_index' else place.name}"
        found = {"kind": self._kind(place), "path": own, "lang": place.locale.lower()}
        return all(
            any(fnmatchcase(found[key], each) for each in _alternatives(str(pattern)))
            for key, pattern in target.items()
            if key in found and pattern
        )

    # --- Parts of addresses ---

    def _stood(self, page: SourcePage) -> bool:
        return bool(self.mapping.locales[page.place.locale].stood_at)

    def _prefix(self, page: SourcePage) -> str:
        language, languages = page.place.locale.lower(), languages_of(self.settings)
        if language not in languages:
            return ""
        in_subfolder = is_true(lower_keys(self.settings).get("defaultcontentlanguageinsubdir"))
        return f"/{language}" if language != self.default or in_subfolder else ""

    def _last(self, place: PagePlace) -> str:
        return place.name.rpartition("/")[2]

    @property
    def _dates_names(self) -> bool:
        return _FILE_NAME in self._keys_of("date")

    def _keys_of(self, name: str) -> Sequence[str]:
        """Return the keys of a date, in order, by the settings of the site or by default."""
        written = texts_of(lower_keys(self.settings.get("frontmatter")).get(name))
        default = _DATES if name == "date" else self.mapping.date
        if not written:
            return default
        return [key for each in written for key in (default if each == ":default" else [each])]

    def _moment(self, keys: Sequence[str], place: PagePlace, values: PageValues) -> datetime | None:
        """Return the first date of a page under some keys, or in the name of its file."""
        for key in keys:
            name = dated(self._last(place))[0] if key == _FILE_NAME else ""
            found = moment_of(name, self.zone) if name else values.moment([key], self.zone)
            if found is not None:
                return found
        return None

    def _own_date(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return the date of a page, which its address can have."""
        return self._moment(self._keys_of("date"), place, values)

    def _kind(self, place: PagePlace) -> str:
        is_section = place.path.rpartition("/")[2].startswith("_index.")
        return "page" if not is_section else "home" if place.name == "_index" else "section"

    def _pattern(self, page: SourcePage, section: str) -> str:
        """Return the pattern of the address of a page; empty if it has none."""
        if self._kind(page.place) != "section":
            return "" if self._is_section(page) else self.mapping.permalinks.get(section, "")
        own = lower_keys(lower_keys(self.settings.get("permalinks")).get("section"))
        return str(own.get(section.lower()) or "")

    def _filled(self, pattern: str, page: SourcePage) -> str:
        """Return a pattern of an address with the values of a page."""
        folders, slug = self._parts(page)
        values = self._tokens(page, folders, slug)
        return _TOKEN.sub(lambda match: _value_of(match, values), pattern)

    def _is_section(self, page: SourcePage) -> bool:
        return page.place.path.rpartition("/")[2].startswith("_index.")

    def _logical_folder(self, page: SourcePage) -> str:
        folder = self.mapping.locales[page.place.locale].folder.strip("/")
        inside = page.place.path.removeprefix(folder).lstrip("/")
        return inside.rpartition("/")[0]

    def _folder_of_names(self, path: str, page: SourcePage) -> str:
        """Return the folder to which the name of a page is relative.

        For a page in a folder of its own, it is the folder of that, unless a file is named.
        """
        folder = self._logical_folder(page)
        is_bundle = page.place.path.rpartition("/")[2].startswith("index.")
        names_file = path.startswith("../") and _ENDING.search(path)
        return folder.rpartition("/")[0] if is_bundle and not names_file else folder

    def _parts(self, page: SourcePage) -> tuple[list[str], str]:
        """Return the folders of a page and its last segment, which ``slug`` replaces."""
        if page.place.name in {"_index", "index"}:
            return [], ""
        *folders, last = page.place.name.split("/")
        date, rest = dated(last) if self._dates_names else ("", last)
        slug = "" if self._is_section(page) else page.values.text("slug")
        return folders, slug or (rest if date else last)

    def _tokens(
        self, page: SourcePage, folders: Sequence[str], slug: str
    ) -> Mapping[str, str | Sequence[str]]:
        """Return the values of the tokens in patterns of addresses."""
        date = self._own_date(page.place, page.values) or page.date
        file = self._last(page.place)
        title = page.values.text("title").replace("/", "-")
        sections = [*folders, slug] if self._is_section(page) else list(folders)
        return {
            **(_date_tokens(date) if date is not None else {}),
            "section": sections[0] if sections else "",
            "sections": sections,
            "title": title,
            "slug": page.values.text("slug") or title or file,
            "filename": file,
            "contentbasename": file,
            "slugorfilename": slug,
            "slugorcontentbasename": slug,
        }


def _bare(path: str) -> str:
    """Return the path of a page without the ending and the index of its file."""
    return _INDEX.sub("", _ENDING.sub("", path))


def _date_tokens(date: datetime) -> Mapping[str, str]:
    """Return the tokens of a date: those with names, and parts of Go's layout of dates."""
    return {
        "year": f"{date:%Y}",
        "month": f"{date:%m}",
        "monthname": f"{date:%B}",
        "day": f"{date:%d}",
        "weekday": f"{date:%w}",
        "weekdayname": f"{date:%A}",
        "yearday": str(date.timetuple().tm_yday),
        "2006": f"{date:%Y}",
        "06": f"{date:%y}",
        "January": f"{date:%B}",
        "Jan": f"{date:%b}",
        "01": f"{date:%m}",
        "1": str(date.month),
        "02": f"{date:%d}",
        "2": str(date.day),
    }


def _value_of(token: re.Match[str], values: Mapping[str, str | Sequence[str]]) -> str:
    """Return the value of a token; of several, those in its range: ``[1:]``, ``[last]``."""
    value = values.get(token[1], f":{token[1]}")
    if isinstance(value, str):
        return value
    first, colon, last = (token[2] or ":").replace("last", str(len(value) - 1)).partition(":")
    try:
        start = int(first or 0)
        end = int(last or len(value)) if colon else start + 1
    except ValueError:
        return "/".join(value)
    return "/".join(value[start:end])


def _alternatives(pattern: str) -> Sequence[str]:
    """Return the patterns in braces, as :func:`fnmatch.fnmatchcase` reads them."""
    inner = pattern[1:-1] if pattern.startswith("{") and pattern.endswith("}") else pattern
    return inner.replace("**", "*").split(",") if inner != pattern else [inner.replace("**", "*")]


def _has_index(folder: Path) -> bool:
    return any((folder / f"index{ending}").exists() for ending in (*Hugo.endings, ".html"))


def _sanitised(path: str) -> str:
    """Return a path with the characters that Hugo keeps."""
    text = unicodedata.normalize("NFC", path).strip().replace(" ", "-")
    kept = (c for c in text if c in _KEPT or unicodedata.category(c)[0] in "LNM")
    return re.sub(r"-{2,}", "-", "".join(kept))
