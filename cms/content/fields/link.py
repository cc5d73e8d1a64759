"""Links that an editor lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import (
    Field,
    Problems,
    ValuePath,
    as_list,
    as_mapping,
    as_text,
    path_text,
)
from cms.content.fields.targets import check_targets
from cms.content.links import (
    Edge,
    Origin,
    Targets,
    entry_of,
    is_path,
    parts_of,
    target_fields,
    with_entry,
)
from cms.content.markup.allowed_html import URL_SCHEMES
from cms.errors import InvalidValue

_KEYS = ("href", "label", "note")


@dataclass(eq=False, kw_only=True)
class Links(Field):
    """An ordered group of links under one heading, the field's label.

    A link is ``{"href": …, "label": …, "note": …}``, or its ``href`` alone: an entry's id or
    address, with an optional ``?query#fragment``, or an external URL. Stored are ids.

    Attributes:
        kind: what these links say of their targets, the same word on every content type; by
            default the first name that the field had.
        to: the names of the content types they may lead to; empty means any, and URLs too.
        most: the largest number of links.
        has_own_kind: whether the kind is declared, and is not the name of the field.
    """

    kind: str = ""
    to: tuple[str, ...] = ()
    most: int = 200
    has_own_kind: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.has_own_kind = bool(self.kind)
        self.to = check_targets(self.to)

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self.kind = self.kind or name

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Return every link in its long form."""
        items = as_list(value, path, problems)
        if len(items) > self.most:
            message = f"{len(items):,} links; at most {self.most:,} are allowed"
            problems.append(InvalidValue(message=message, path=path))
        links = (_clean_link(item, (*path, index), problems) for index, item in enumerate(items))
        return [link for link in links if link is not None]

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield where the links lead."""
        yield from (str(link["href"]) for link in _links(value))

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Replace paths by ids."""
        return [{**link, "href": with_entry(str(link["href"]), targets)} for link in _links(value)]

    def texts(self, value: Json) -> Iterator[str]:
        """Yield what the links say of themselves."""
        for link in _links(value):
            yield from (str(link[key]) for key in ("label", "note") if link.get(key))

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield the links."""
        for ordinal, link in enumerate(_links(value)):
            yield Edge(
                origin=Origin.FIELD,
                kind=self.kind,
                field_path=path_text(path),
                ordinal=ordinal,
                label=str(link["label"]),
                note=str(link["note"]),
                accepts=self.to,
                **target_fields(str(link["href"]), targets),
            )


def _links(value: Json) -> Iterator[JsonObject]:
    if isinstance(value, list | tuple):
        yield from (link for link in value if isinstance(link, Mapping))


def _clean_link(item: Json, path: ValuePath, problems: Problems) -> JsonObject | None:
    values = {"href": item} if isinstance(item, str) else as_mapping(item, _KEYS, path, problems)
    link = {key: as_text(values.get(key), (*path, key), problems, 2_000).strip() for key in _KEYS}
    if not is_address(link["href"]):
        message = (
            "expected the id or the path of an entry, "
            "or a URL that starts with https://, http://, mailto: or tel:"
        )
        problems.append(InvalidValue(message=message, path=(*path, "href")))
        return None
    return link


def is_address(href: str) -> bool:
    """Return whether an address is allowed: an entry, a site path, or a harmless URL."""
    if entry_of(href) or _is_any_path(href):
        return True
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    is_harmless = parts.scheme in URL_SCHEMES and not any(char.isspace() for char in href)
    return is_harmless and bool(parts.netloc or parts.scheme in {"mailto", "tel"})


def _is_any_path(href: str) -> bool:
    """Return whether an address is a path; bare words are not, since they may be a mistake."""
    return is_path(href) or parts_of(href)[0] in {".", ".."} or href.startswith(("./", "../"))
