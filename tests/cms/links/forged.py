"""Histories of a small site, written as rows: also such as no sequence of commands leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import insert

from cms.authorization.actor import OPERATOR
from cms.content.builtin import BUILT_IN_NAMES
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown
from cms.links.asking import GraphReading
from cms.reading.view import AsOf, view_of
from cms.signing import KeyFile
from cms.site import Site
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Address, Edition, Entry, Link, Position, Publication, Revision
from cms.work.work import Reading
from tests.depth import EXAMPLES


class Page(ContentType, path="/{locale}/{slug}"):
    """A page."""

    body = Markdown()
    related = Links("Related", kind="related")


class Menu(ContentType, singleton=True):
    """The menu."""

    items = Links("Items", kind="menu")


LOCALES = ("en", "de", "fr")
SITE = Site(
    "Forged",
    content_types=(Page, Menu),
    locales=LOCALES,
    fallbacks={"de": ("en",), "fr": ("de", "en")},
)
# The content types of the entries; the last is of a type that the site does not declare any more.
TYPES = ("Page", "Page", "Page", "Menu", "Category", "Person", "Retired")
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
# The last position, and the last day.
LAST = 24
# For properties of such histories, whose examples take long.
A_FEW = settings(max_examples=EXAMPLES // 5)
# The URL of links with the target -1.
ELSEWHERE = "https://elsewhere.example/"


@dataclass(frozen=True)
class Arrow:
    """A link of a revision: to the entry with a number, or to a URL if it is -1.

    Attributes:
        target: the number.
        kind: the kind.
        origin: where it was written.
        label: its text.
    """

    target: int
    kind: str
    origin: str
    label: str


@dataclass(frozen=True)
class Public:
    """A publication.

    Attributes:
        entry: the number of the entry.
        locale: the locale of the edition.
        number: the number of the publication within the edition.
        positions: from when to when it was public.
        days: the same in days.
        is_purged: whether its words have been purged.
        revision: the number of its revision within the edition.
        arrows: the links of the revision.
    """

    entry: int
    locale: str
    number: int
    positions: tuple[int, int | None]
    days: tuple[int, int | None]
    is_purged: bool
    revision: int
    arrows: Sequence[Arrow]

    @property
    def is_node(self) -> bool:
        """Whether it is of an entry that the graph has at times."""
        return TYPES[self.entry] not in {"Person", "Retired"}

    def span(self, named: AsOf) -> tuple[int, int | None]:
        """Return from when to when it was public."""
        return self.positions if named is AsOf.POSITION else self.days

    def is_in(self, named: AsOf, point: int) -> bool:
        """Return whether it was public at a point."""
        begun, ended = self.span(named)
        return not self.is_purged and begun <= point and (ended is None or ended > point)


@dataclass(frozen=True)
class Forged:
    """A history.

    Attributes:
        publications: all publications.
    """

    publications: Sequence[Public]

    def shown(self, locale: str, named: AsOf, point: int) -> dict[int, Public]:
        """Return the publications of nodes that readers of a locale see at a point, by entries."""
        seen = self.readable(locale, named, point)
        return {entry: one for entry, one in seen.items() if one.is_node}

    def readable(self, locale: str, named: AsOf, point: int) -> dict[int, Public]:
        """Return all publications that readers of a locale see at a point, by their entries."""
        own = [locale, *{"en": (), "de": ("en",), "fr": ("de", "en")}[locale]]
        for_built_in = dict.fromkeys([*own, "en"])
        seen: dict[int, Public] = {}
        for each in for_built_in:
            for one in self.publications:
                is_wanted = each in own or TYPES[one.entry] in BUILT_IN_NAMES
                is_declared = TYPES[one.entry] != "Retired"
                if one.locale == each and is_declared and is_wanted and one.is_in(named, point):
                    seen.setdefault(one.entry, one)
        return seen

    def edges(self, locale: str, named: AsOf, point: int) -> Counter[tuple[int, int, str]]:
        """Return the links that readers of a locale see at a point: source, target and kind."""
        seen = self.shown(locale, named, point)
        return Counter(
            (entry, arrow.target, arrow.kind)
            for entry, one in seen.items()
            for arrow in one.arrows
            if arrow.origin != "reference" and (arrow.target in seen or arrow.target == -1)
        )

    async def write(self, session: WriteSession) -> None:
        """Write the rows."""
        for table, rows in self._rows():
            await session.execute(insert(table), rows)

    def _positions(self) -> Iterator[dict[str, Any]]:
        """Yield positions, each at the latest time of what began or ended at it."""
        latest = None
        for number in range(1, LAST + 1):
            days = [
                each.days[at]
                for each in self.publications
                for at in (0, 1)
                if each.positions[at] == number
            ]
            taken = max((each for each in days if each is not None), default=number)
            yield {
                "number": number,
                "nonce": f"{number:016x}",
                "taken_at": day(taken),
                "before_at": _maybe_day(latest),
            }
            latest = max(latest or 0, taken)

    def _rows(self) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        yield Position, [*self._positions()]
        entries = range(len(TYPES))
        common = {"created_at": BEGUN}
        yield (
            Entry,
            [{"id": id_of(each), "content_type": TYPES[each], **common} for each in entries],
        )
        editions = [(entry, locale) for entry in entries for locale in LOCALES]
        yield Edition, [_edition(*each) for each in editions]
        revisions = {_revision_of(each): each for each in self.publications}
        if not revisions:
            return
        yield Revision, [_revision(each) for each in revisions.values()]
        links = [row for each in revisions.values() for row in _links(each)]
        if links:
            yield Link, links
        yield Publication, [_publication(each) for each in self.publications]
        homes = [_home(each) for each in self.publications if each.entry == 0]
        if homes:
            yield Address, homes


def id_of(entry: int) -> str:
    """Return the id of an entry."""
    prefix = {"Category": "cat", "Person": "person"}.get(TYPES[entry], "entry")
    return f"{prefix}_{entry:026}"


def asking(session: ReadSession, locale: str) -> GraphReading:
    """Return a reading of what readers of a locale see."""
    reading = Reading(session, SITE, OPERATOR, BEGUN, KeyFile(Path("no.key")))
    return GraphReading(reading, view_of(SITE, locale))


def number_of(entry_id: str) -> int:
    """Return the number of an entry."""
    return int(entry_id.rpartition("_")[2])


def day(number: int) -> datetime:
    """Return the time of a day."""
    return BEGUN + timedelta(days=number)


def _maybe_day(number: int | None) -> datetime | None:
    return None if number is None else day(number)


def _edition_of(entry: int, locale: str) -> str:
    return f"edition_{entry:024}{locale}"


def _revision_of(public: Public) -> str:
    return f"rev_{public.entry:020}{public.locale}{public.revision:04}"


def _edition(entry: int, locale: str) -> dict[str, Any]:
    return {
        "id": _edition_of(entry, locale),
        "entry_id": id_of(entry),
        "locale": locale,
        "content_type": TYPES[entry],
        "created_at": BEGUN,
    }


def _revision(public: Public) -> dict[str, Any]:
    return {
        "id": _revision_of(public),
        "edition_id": _edition_of(public.entry, public.locale),
        "number": public.revision,
        "title": f"Title {public.entry}",
        "slug": "slug",
        "summary": "",
        "digest": "",
        "note": "",
        "created_at": BEGUN,
        "content": {},
    }


def _links(public: Public) -> Iterator[dict[str, Any]]:
    for ordinal, each in enumerate(public.arrows):
        is_url = each.target == -1
        yield {
            "revision_id": _revision_of(public),
            "field_path": "body",
            "ordinal": ordinal,
            "origin": each.origin,
            "kind": each.kind,
            "label": each.label,
            "note": "",
            "target_id": None if is_url else id_of(each.target),
            "query": "",
            "fragment": "",
            "page_position": ordinal + 1,
            "in_block": False,
            "url": ELSEWHERE if is_url else None,
        }


def _publication(public: Public) -> dict[str, Any]:
    begun, ended = (_maybe_day(each) for each in public.days)
    position, ended_position = public.positions
    return {
        "id": publication_id(public),
        "position": position,
        "entry_id": id_of(public.entry),
        "edition_id": _edition_of(public.entry, public.locale),
        "revision_id": _revision_of(public),
        "content_type": TYPES[public.entry],
        "locale": public.locale,
        "title": f"Title {public.entry}",
        "title_key": "title",
        "slug": "slug",
        "summary": "",
        "category_id": id_of(4) if public.revision % 2 else None,
        "saved_at": BEGUN,
        "first_published_at": begun,
        "published_at": begun,
        "basis": "imported",
        "ended_at": ended,
        "ended_position": ended_position,
        "purged_at": BEGUN if public.is_purged else None,
    }


def publication_id(public: Public) -> str:
    """Return the id of a publication."""
    return f"pub_{public.entry:020}{public.locale}{public.number:04}"


def _home(public: Public) -> dict[str, Any]:
    """Return the row of an address: the first entry stands at "/" while it is public."""
    row = _publication(public)
    return {
        "id": f"address_{row['id']}",
        "position": row["position"],
        "locale": public.locale,
        "path": "/",
        "edition_id": row["edition_id"],
        "content_type": row["content_type"],
        "entry_id": row["entry_id"],
        "began_at": row["published_at"],
        "ended_at": row["ended_at"],
        "ended_position": row["ended_position"],
    }


_ARROWS = st.builds(
    Arrow,
    st.integers(-1, len(TYPES) - 1),
    st.sampled_from(["inline", "related"]),
    st.sampled_from(["inline", "field", "field", "reference"]),
    st.sampled_from(["", "Text", "text"]),
)
_POINTS = st.integers(1, LAST)


@st.composite
def _edition_history(draw: st.DrawFn, entry: int, locale: str) -> list[Public]:
    """Draw the publications of an edition, one after the other in positions and in times."""
    count = draw(st.integers(0, 4))
    positions = sorted(draw(st.sets(_POINTS, min_size=2 * count, max_size=2 * count)))
    days = sorted(draw(st.lists(_POINTS, min_size=2 * count, max_size=2 * count)))
    arrows = draw(st.lists(st.lists(_ARROWS, max_size=4), min_size=4, max_size=4))
    publications = []
    for number in range(count):
        follows = number + 1 < count and draw(st.booleans())
        end = 2 * number + (2 if follows else 1)
        is_open = number + 1 == count and draw(st.booleans())
        revision = draw(st.integers(1, 4))
        public = Public(
            entry,
            locale,
            number,
            (positions[2 * number], None if is_open else positions[end]),
            (days[2 * number], None if is_open else days[end]),
            not is_open and draw(st.integers(0, 9)) == 0,
            revision,
            arrows[revision - 1],
        )
        publications.append(public)
    return publications


@st.composite
def histories(draw: st.DrawFn) -> Forged:
    """Draw a history."""
    editions = [(entry, locale) for entry in range(len(TYPES)) for locale in LOCALES]
    return Forged([each for one in editions for each in draw(_edition_history(*one))])
