"""Typed relations to other entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cms.content.canonical_json import Json
from cms.content.fields.base import Field, Problems, ValuePath, expected_instead, path_text
from cms.content.fields.list import List
from cms.content.fields.targets import check_targets
from cms.content.links import Edge, Origin, Targets, entry_of, is_path, parts_of, with_entry
from cms.errors import InvalidValue


@dataclass(eq=False, kw_only=True)
class Reference(Field):
    """One entry, of one of the given types: what made this, what this runs on.

    It is not a link: readers see the entry's data, and it takes no part in the link graph.

    Attributes:
        to: the names of the content types it may point at; empty means any.
        reverse: what the entries that point there are called at the entry that they point at:
            ``"reviewed_products"``; empty if it is not to know of them.
    """

    to: tuple[str, ...] = ()
    reverse: str = ""

    def __post_init__(self) -> None:
        self.to = check_targets(self.to)

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Accept an entry's id or address, without query and fragment.

        Whether an absolute address is on the site is checked when it is saved.
        """
        if value is None:
            return None
        if isinstance(value, str) and _is_address(value):
            return value
        message = expected_instead("the id or the path of an entry", value)
        problems.append(InvalidValue(message=message, path=path))
        return None

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield the address, or the id in place of it."""
        if isinstance(value, str):
            yield value

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Return the id of the entry; an address at which there is none stays, as a broken link."""
        return with_entry(value, targets) if isinstance(value, str) else None

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield the one edge."""
        del targets
        if isinstance(value, str):
            target = entry_of(value)
            yield Edge(
                origin=Origin.REFERENCE,
                kind=self.stored_name,
                field_path=path_text(path),
                ordinal=0,
                target=target,
                url=value if target is None else None,
                accepts=self.to,
            )


@dataclass(eq=False, kw_only=True)
class References(List):
    """Several entries, in order, each once; otherwise like :class:`Reference`.

    Attributes:
        to: the names of the content types they may be of; empty means any.
        reverse: see :class:`Reference`.
    """

    most: int = 100
    to: tuple[str, ...] = ()
    reverse: str = ""

    def __post_init__(self) -> None:
        self.to = check_targets(self.to)
        self.of = Reference(to=self.to)

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Return the ids of the entries, each where it comes first."""
        resolved = super().resolve(value, targets)
        return list(dict.fromkeys(resolved)) if isinstance(resolved, list) else []

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield an edge to each of them."""
        found = (
            edge for _, item in self._items(value) for edge in self.item.edges(item, path, targets)
        )
        for ordinal, edge in enumerate(found):
            yield replace(edge, kind=self.stored_name, ordinal=ordinal)


def _is_address(value: str) -> bool:
    """Return whether a value is the id or an address of an entry, and nothing more."""
    is_absolute = value.startswith(("https://", "http://"))
    is_one = is_path(value) or is_absolute or entry_of(value) is not None
    return is_one and parts_of(value)[0] == value
