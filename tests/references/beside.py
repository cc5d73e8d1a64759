"""Categories and people: what they show beside what every entry shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cms.content.builtin import BUILT_IN_NAMES, CATEGORY, PERSON
from tests.references.orders import by_place, newest_first
from tests.references.thing import Row, Thing

if TYPE_CHECKING:
    from tests.reference import Reference


class Beside:
    """The tree of categories, and the works of people, as seen through a look."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._look = reference.look
        self._tables = reference.tables

    def fields(self, entry: Thing) -> Mapping[str, Any]:
        """Return the fields that an entry has as a category or a person."""
        if entry.typename == CATEGORY:
            return self._of_category(entry)
        return self._of_person(entry) if entry.typename == PERSON else {}

    def _of_category(self, category: Thing) -> Mapping[str, Any]:
        own = category.values["id"]
        place = self._places[own]
        return {
            "name": category.values["title"],
            "description": category.values["summary"],
            "treePath": self._tree_path(own),
            "ordinal": place.ordinal,
            "parent": lambda: self._shown(place.parent_id),
            "ancestors": lambda: [
                each for each in map(self._shown, self._lineage(own)[:-1]) if each is not None
            ],
            "children": lambda: self._children(own),
            "entries": lambda **args: self._page(
                [e for e in self._reference.entries_ if e.values["category_id"] == own], args
            ),
        }

    def _of_person(self, person: Thing) -> Mapping[str, Any]:
        own = person.values["id"]
        return {
            "name": person.values["title"],
            "biography": person.values["summary"],
            "authored": lambda **args: self._page(
                [e for e in self._works if e.values["byline_id"] == own], args
            ),
            "reviewed": lambda **args: self._page(
                [e for e in self._works if own in e.values["signers"]], args
            ),
        }

    @property
    def _works(self) -> list[Thing]:
        return without_built_in(self._reference.entries_)

    def _page(self, entries: Sequence[Thing], args: Mapping[str, Any]) -> Thing:
        return self._reference.page(entries, args, newest_first)

    # --- The tree ---

    @cached_property
    def _places(self) -> Mapping[str, Row]:
        rows = self._tables["category_place"]
        return {row.category_id: row for row in rows if self._look.is_open(row)}

    @cached_property
    def _slugs(self) -> Mapping[str, str]:
        """The slug that each category has in tree paths."""
        revisions = {row.id: row for row in self._tables["revision"]}
        heads = {(row.entry_id, row.locale): row.head_id for row in self._tables["edition"]}
        public = {
            (row.entry_id, row.locale): row.revision_id
            for row in self._tables["publication"]
            if self._look.is_open(row)
        }
        found: dict[str, str] = {}
        # Of the past, only what was public is known; now, what is not public yet has a path too.
        for editions in (public,) if self._look.is_of_past else (public, heads):
            for locale in (*self._look.built_in, *self._reference.site.locales):
                for entry_id in self._places:
                    if (entry_id, locale) in editions:
                        revision = revisions[editions[entry_id, locale]]
                        found.setdefault(entry_id, revision.slug)
        return found

    def _lineage(self, category_id: str) -> list[str]:
        """Return the categories from the root down to one."""
        parent = self._places[category_id].parent_id
        return [*(self._lineage(parent) if parent is not None else ()), category_id]

    def _tree_path(self, category_id: str) -> str:
        return "/".join(self._slugs[each] for each in self._lineage(category_id))

    def _shown(self, category_id: str | None) -> Thing | None:
        return self._reference._entry_by("id", category_id)

    def _children(self, category_id: str) -> list[Thing]:
        below = {row.category_id for row in self._places.values() if row.parent_id == category_id}
        found = self._reference.of_type(CATEGORY)
        return sorted((each for each in found if each.values["id"] in below), key=by_place)


def without_built_in(things: Iterable[Thing]) -> list[Thing]:
    """Return the things that are of the site's own types."""
    return [each for each in things if each.values["type"] not in BUILT_IN_NAMES]
