"""The rows that are kept in each variant; see :mod:`bench.public`.

Of each entry of the benchmark's data there are three publications, in a random order, of which
two have ended. In its rows, keys are numbers; :func:`values_of` replaces them by ids where the
variant has ids.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from sqlalchemy import Table, Text, select

from bench.data import SEED
from cms.content.collation import sort_key
from cms.identifiers import Kind, new_id
from cms.reading.visibility import is_of_site
from cms.storage.database import Database
from cms.storage.dialects import Moment, as_text
from cms.tables import Edition, Entry, Link, Revision

Noun: TypeAlias = Literal["category", "entry", "edition", "revision", "publication"]
Row: TypeAlias = Mapping[str, Any]

CATEGORIES = 60
PUBLICATIONS_EACH = 3
# Revisions that are not public yet, and are published while writes are measured.
DRAFTS = 1_000

_ROOTS = 6
# Every tenth entry has moved once.
_MOVED = 10
_START = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS: dict[Noun, Kind] = {
    "category": "cat",
    "entry": "entry",
    "edition": "edition",
    "revision": "rev",
    "publication": "pub",
}


@dataclass(frozen=True)
class Written:
    """An entry of the benchmark's data.

    Attributes:
        row: content type, title, slug, summary and content.
        links: its links, in order, with the number of the target.
    """

    row: Row
    links: Sequence[Row]


@dataclass(frozen=True)
class Period:
    """A publication: the revision of an entry that was public between two positions.

    Attributes:
        number: number of its revision, and its own.
        entry: number of the entry.
        version: how many publications the entry had before.
        ended: the position at which it ended.
    """

    number: int
    entry: int
    version: int
    ended: int | None = None

    @property
    def position(self) -> int:
        """The position at which it began."""
        return self.number + 1


async def entries_of(database: Database) -> list[Written]:
    """Return the benchmark's data from a database that has them."""
    written = select(
        Entry.id,
        Entry.content_type,
        *(Revision.title, Revision.slug, Revision.summary, Revision.content, Revision.digest),
        Revision.id.label("revision_id"),
    )
    written = written.join(Edition, Edition.entry_id == Entry.id)
    written = written.join(Revision, Revision.id == Edition.head_id)
    written = written.where(is_of_site(Entry.content_type))
    edges = select(Link.__table__).order_by(Link.revision_id, Link.field_path, Link.ordinal)
    async with database.reading() as session:
        rows = (await session.execute(written.order_by(Revision.id))).mappings().all()
        number = {row["id"]: index for index, row in enumerate(rows)}
        links: dict[str, list[Row]] = {}
        for edge in (await session.execute(edges)).mappings():
            target = {**edge, "target": number[edge["target_id"]]}
            links.setdefault(edge["revision_id"], []).append(target)
    return [
        Written({**row, "content": str(row["content"])}, links[row["revision_id"]]) for row in rows
    ]


class Content:
    """All rows, and the ids of all keys.

    Attributes:
        entries: the benchmark's data.
        periods: all publications, in order.
        ids: the id of each number, by noun.
    """

    def __init__(self, entries: Sequence[Written]) -> None:
        self.entries = entries
        self.periods = _periods(len(entries))
        self._present = {each.entry: each for each in self.periods if each.ended is None}
        most = len(self.periods) + DRAFTS
        self.ids: dict[Noun, list[str]] = {
            noun: [new_id(kind) for _ in range(most)] for noun, kind in _KINDS.items()
        }

    def draft(self, number: int) -> Period:
        """Return the publication of a revision that is not public yet."""
        entry = number % len(self.entries)
        return Period(len(self.periods) + number, entry, PUBLICATIONS_EACH)

    def present(self) -> list[Period]:
        """Return the publications that have not ended, by entry."""
        return [self._present[entry] for entry in sorted(self._present)]

    def present_of(self, entry: int) -> Period:
        """Return the publication of an entry that has not ended."""
        return self._present[entry]

    def lasting_paths(self) -> list[str]:
        """Return paths of entries that have always had the same."""
        step = max(1, len(self.entries) // 500)
        lasting = (each for each in self.present() if each.entry % _MOVED)
        return [self._path(each) for each in lasting][::step]

    def rows(self) -> Mapping[str, Callable[[], Iterator[Row]]]:
        """Return how to make the rows of each table."""
        drafts = [self.draft(number) for number in range(DRAFTS)]
        present = self.present()
        return {
            "category": lambda: map(_category, range(CATEGORIES)),
            "entry": lambda: map(self._entry, range(len(self.entries))),
            "edition": lambda: map(self._entry, range(len(self.entries))),
            "revision": lambda: map(self.revision, [*self.periods, *drafts]),
            "rendition": lambda: map(self.revision, [*self.periods, *drafts]),
            "address": self._addresses,
            "publication": lambda: map(self.publication, self.periods),
            "link": lambda: self._all(self.links, self.periods),
            "public_edition": lambda: map(self.publication, present),
            "public_edge": lambda: self._all(self.public_edges, present),
            "past_edition": lambda: map(self.publication, self.periods),
            "past_edge": lambda: self._all(self.links, self.periods),
        }

    def _all(
        self, rows_of: Callable[[Period], Sequence[Row]], periods: Sequence[Period]
    ) -> Iterator[Row]:
        return (row for period in periods for row in rows_of(period))

    def _entry(self, number: int) -> Row:
        content_type = self.entries[number].row["content_type"]
        return {"key": number, "entry": number, "locale": "en", "content_type": content_type}

    def revision(self, period: Period) -> Row:
        """Return a revision, with what derives from it."""
        row = self.entries[period.entry].row
        title = f"{row['title']} v{period.version}"
        return {
            **row,
            "key": period.number,
            "revision": period.number,
            "edition": period.entry,
            "number": period.version + 1,
            "title": title,
            "title_key": sort_key(title),
            "version": "1",
            "category": _category_of(period),
            "created_at": _at(period.position),
        }

    def publication(self, period: Period) -> Row:
        """Return a publication, in the columns of all variants."""
        return {
            **self.revision(period),
            "entry": period.entry,
            "position": period.position,
            "ended_position": period.ended,
            "ended_at": None if period.ended is None else _at(period.ended),
            "locale": "en",
            "path": self._path(period),
            "first_published_at": _at(period.entry),
            "published_at": _at(period.position),
            "published_by": self.ids["entry"][0],
            "basis": "signed_off",
        }

    def links(self, period: Period) -> list[Row]:
        """Return the links of a revision; each version of an entry has other targets."""
        entries = len(self.entries)
        return [
            {
                **link,
                "source": period.number,
                "ordinal": ordinal,
                "target": (link["target"] + 7 * period.version) % entries,
            }
            for ordinal, link in enumerate(self.entries[period.entry].links)
        ]

    def public_edges(self, period: Period) -> list[Row]:
        """Return the links of an edition that is public."""
        return [{**link, "source": period.entry} for link in self.links(period)]

    def _path(self, period: Period) -> str:
        row = self.entries[period.entry].row
        moved = "" if period.version or period.entry % _MOVED else "old-"
        return f"/{row['content_type'].lower()}s/{moved}{row['slug']}"

    def _addresses(self) -> Iterator[Row]:
        """Yield the path of each entry from one position to another."""
        for period in self.periods:
            has_moved = period.entry % _MOVED == 0
            if period.version == 0 or (period.version == 1 and has_moved):
                ended = period.ended if has_moved and not period.version else None
                yield {**self.publication(period), "ended_position": ended}


def _periods(entries: int) -> list[Period]:
    """Return publications: first one of each entry, then the others in a random order."""
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    later = list(range(entries)) * (PUBLICATIONS_EACH - 1)
    chance.shuffle(later)
    periods: list[Period] = []
    open_periods: dict[int, Period] = {}
    for number, entry in enumerate([*chance.sample(range(entries), entries), *later]):
        version = 0
        if entry in open_periods:
            before = open_periods[entry]
            periods[before.number] = replace(before, ended=number + 1)
            version = before.version + 1
        open_periods[entry] = Period(number, entry, version)
        periods.append(open_periods[entry])
    return periods


def _category(number: int) -> Row:
    parent = number % _ROOTS if number >= _ROOTS else None
    return {"key": number, "parent": parent, "path": f"c-{number}", "name": f"Category {number}"}


def _category_of(period: Period) -> int:
    """Return the category of a publication; some entries were in another at first."""
    moved = 0 if period.version or period.entry % _MOVED else 1
    return (period.entry // 2 + moved) % CATEGORIES


def _at(position: int) -> datetime:
    return _START + timedelta(minutes=position)


def values_of(
    table: Table, ids: Mapping[Noun, Sequence[str]], is_sqlite: bool
) -> Callable[[Row], list[Any]]:
    """Return how a row becomes the values of a table's columns, as the driver takes them."""

    def reads(name: str, noun: Noun | None, kind: Any) -> Callable[[Row], Any]:
        if noun is not None and isinstance(kind, Text):
            # The id of something has the number of its key.
            number = {"id": "key", "entry_id": "entry"}.get(name, name)
            return lambda row: None if row[number] is None else ids[noun][row[number]]
        if is_sqlite and isinstance(kind, Moment):
            return lambda row: None if row.get(name) is None else as_text(row[name])
        return lambda row: row.get(name)

    readers = [reads(each.name, each.info.get("noun"), each.type) for each in table.columns]
    return lambda row: [read(row) for read in readers]
