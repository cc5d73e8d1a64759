"""The text of a file as Markdown: its templates are converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import read_data
from cms.importing.site.body import Body, body_of
from cms.importing.site.faults import Fault
from cms.importing.site.generators.base import Generator, SourcePage
from cms.importing.site.mapping import MarkdownMapping, Shortcode
from cms.importing.site.syntax.conversion import Conversion
from cms.importing.site.syntax.registry import CONVERTERS

_DATA_FOLDERS = ("_data", "data")


def markdown_of(
    generator: Generator, mapping: MarkdownMapping, page: SourcePage
) -> tuple[Body, Sequence[Fault]]:
    """Return the text of a file as Markdown, and the faults of its conversion.

    Raises:
        SiteError: if the mapping names a syntax that is not known.
    """
    source = page.values.source
    body = body_of(source.body, source.body_line)
    conversion = Conversion(
        file=source.file,
        folder=generator.folder,
        path=page.place.path,
        shortcodes={name: _shortcode(each) for name, each in mapping.shortcodes.items()},
        variables=_variables(generator, page),
        attachments=lambda name: _attachment(generator.folder, name),
    )
    for name in mapping.syntax:
        if name not in CONVERTERS:
            known = ", ".join(CONVERTERS)
            raise SiteError(f"syntax: {name!r} is unknown; use one of {known}")
        body = CONVERTERS[name](body, conversion)
    return body, conversion.faults


def _shortcode(value: str | Shortcode) -> Shortcode:
    return value if isinstance(value, Shortcode) else Shortcode(markdown=value)


def _variables(generator: Generator, page: SourcePage) -> Mapping[str, Any]:
    data = _data_of(generator.folder)
    site = {**generator.settings, "data": data}
    front = page.values.written
    return {**data, **front, "site": {**site, **_mapping(data.get("site"))}, "page": front}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@cache
def _data_of(folder: Path) -> Mapping[str, Any]:
    """Return the data files of a site, by their names."""
    found: dict[str, Any] = {}
    for name in _DATA_FOLDERS:
        for file in sorted((folder / name).glob("*")):
            if file.suffix.lower() in {".json", ".yaml", ".yml", ".toml"}:
                try:
                    found[file.stem] = read_data(file)
                except ContentFileError:  # a list, which has no names
                    continue
    return found


@cache
def _files_by_name(folder: Path) -> Mapping[str, str]:
    files = sorted(folder.rglob("*"), key=lambda each: (len(each.parts), each), reverse=True)
    return {each.name.casefold(): each.relative_to(folder).as_posix() for each in files}


def _attachment(folder: Path, name: str) -> str:
    if (folder / name).is_file():
        return name
    return _files_by_name(folder).get(name.rpartition("/")[2].casefold(), "")
