"""The mapping from the Markdown files of another site to content, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from cms.content.content_type import ContentType
from cms.content.fields import Markdown, Sections
from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import read_yaml
from cms.site import Site


@dataclass(frozen=True, kw_only=True)
class LocaleFiles:
    """The files of a locale.

    Attributes:
        folder: their folder, relative to the imported folder.
        suffix: the suffix of their names before ``.md``: ``.de`` for ``cluster.de.md``.
        stood_at: the paths of their pages on the old site; ``{path}`` is a file's path in the
            folder without ``.md``. The first is the path of the page, the others also occur in
            links.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    folder: str = ""
    suffix: str = ""
    stood_at: tuple[str, ...] = ("/{path}/",)


@dataclass(frozen=True, kw_only=True)
class PagePlace:
    """The locale and name in a file's path.

    Attributes:
        locale: the locale of the page.
        name: the file's path in the folder of its locale, without suffix and ``.md``.
    """

    locale: str
    name: str


@dataclass(frozen=True, kw_only=True)
class MarkdownMapping:
    """The mapping from files to entries. Keys of the front matter are matched without case.

    Attributes:
        content_type: the name of the content type of all entries.
        locales: the files of each locale of the site.
        title: the key of the title.
        summary: the key of the summary; empty for none.
        category: the key of the category's name or path; empty for none.
        tags: the key of the tags' names; empty for none.
        author: the key of the author's name, which becomes the byline; empty for none.
        reviewed_by: the key of the names of those who reviewed the page on the old site, as that
            site says; empty for none.
        reviewed_on: the key of the date of that review; empty for none.
        fields: the key of each mapped field of the content type.
        values: for some keys, the replacements of some values, matched without case; an empty
            text drops a value.
        body: the field for the text.
        sections: the field for the parts of the text under headings of level 2; empty leaves
            them in the text.
        opening: headings whose text is the beginning of the body, if they come first.
        skip: patterns of files to ignore, such as ``*/search.md``.
        drafts: keys and values that mark a page as not public.
        renamed: former file names, or names in one locale only, each with the current name of
            its page.
        history: a file of JSON lines, oldest first, each with ``path``, ``at``, ``author``,
            ``message`` and either ``text`` or ``deleted``.
        authors: the bylines of some authors: the slug of a person, or the e-mail address of the
            account of one. Every other author is the person with the slug of the author's name,
            who is created if missing.
        url: the URL of the old site; links to it are internal links.
        unresolved: the treatment of links to missing pages: ``plain`` keeps their text,
            ``external`` links to the old site.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    content_type: str = ""
    locales: Mapping[str, LocaleFiles] = field(default_factory=dict)
    title: str = "title"
    summary: str = ""
    category: str = ""
    tags: str = ""
    author: str = ""
    reviewed_by: str = ""
    reviewed_on: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    body: str = "body"
    sections: str = ""
    opening: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    drafts: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    history: str = ""
    authors: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    unresolved: Literal["plain", "external"] = "plain"

    def place_of(self, path: str) -> PagePlace | None:
        """Return the locale and name in a file's path; ``None`` if it is not an entry."""
        if not path.endswith(".md") or any(fnmatchcase(path, each) for each in self.skip):
            return None
        found = [
            (len(files.folder), len(files.suffix), locale)
            for locale, files in self.locales.items()
            if _is_within(path, files.folder) and path.endswith(f"{files.suffix}.md")
        ]
        if not found:
            return None
        _, _, locale = max(found)  # the most specific one
        files = self.locales[locale]
        inside = path.removeprefix(files.folder.strip("/")).lstrip("/")
        return PagePlace(
            locale=locale, name=_without_index(inside.removesuffix(f"{files.suffix}.md"))
        )

    def check(self, site: Site, content_type: type[ContentType]) -> None:
        """Check that the mapping fits the site.

        Raises:
            SiteError: if it names something that the site does not have.
        """
        if not self.locales:
            raise SiteError("the mapping must list under locales the files of each language")
        _refuse_unknown("locale", self.locales, site.locales)
        for locale, files in self.locales.items():
            if not files.stood_at or any("{path}" not in each for each in files.stood_at):
                raise SiteError(f"locales.{locale}: each address in stood_at needs a {{path}}")
        if content_type.stands_in_category():
            raise SiteError(
                f"{content_type.name} has the path {content_type.path}: links between imported "
                "pages can be resolved only if the path does not contain the category"
            )
        fields = content_type.fields
        _refuse_unknown(f"field of {content_type.name}", self.fields, list(fields))
        if not isinstance(fields.get(self.body), Markdown):
            raise SiteError(f"body: {content_type.name} has no Markdown field {self.body!r}")
        if self.sections and not isinstance(fields.get(self.sections), Sections):
            raise SiteError(f"sections: {content_type.name} has no sections {self.sections!r}")
        if self.unresolved == "external" and not self.url:
            raise SiteError("unresolved: external needs the address of the old site in url")


def read_mapping(file: Path) -> MarkdownMapping:
    """Read a mapping from a YAML file.

    Raises:
        ContentFileError: with the line of an invalid value.
    """
    source = read_yaml(file)
    try:
        return TypeAdapter(MarkdownMapping).validate_python(dict(source.values))
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else None
        raise source.fault(key, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def refuse_outside(folder: Path, file: Path) -> None:
    """Check that a file is in the folder, after resolving symbolic links.

    Raises:
        ContentFileError: if it is outside.
    """
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ContentFileError(file, None, f"points outside {folder}; move the file into it")


def _is_within(path: str, folder: str) -> bool:
    return not folder.strip("/") or path.startswith(f"{folder.strip('/')}/")


def _without_index(name: str) -> str:
    parent, _, last = name.rpartition("/")
    return parent if last in {"index", "_index"} and parent else name


def _refuse_unknown(what: str, names: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise SiteError(f"the mapping names the {what} {name!r}; use one of {', '.join(known)}")
