"""Generates the content that is measured: scale-free, always the same.

The rows are written at once and not through the commands, which would check every one of
60,000 links; they are the rows that the commands would have written.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, insert, update

from bench.site import Term, site
from cms.content.builtin import CATEGORY, PERSON
from cms.content.collation import sort_key
from cms.content.content_type import ContentType
from cms.content.link_places import link_columns, link_places
from cms.content.snapshot import Draft, Rendered, clean_draft, take_snapshot
from cms.identifiers import new_id
from cms.reading.field_indexes import index_fields
from cms.reading.public_fields import public_fields
from cms.search.rebuilding import EVERY_REVISION, rebuild_counts, rebuild_revisions
from cms.storage.database import Database
from cms.tables import (
    Account,
    Address,
    Base,
    CategoryPath,
    CategoryPlace,
    Counter,
    Edition,
    Entry,
    Link,
    Position,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Review,
    Revision,
    SignOff,
)
from cms.tables.publication import Basis

ENTRIES = 10_000
LINKS_EACH = 6
CATEGORIES = 40
BRANCHES = 8
PEOPLE = 20
SOURCES = 500
SEED = 42
# The nonce of all positions.
NONCE = "0123456789abcdef"

_START = datetime(2026, 1, 1, tzinfo=UTC)
# The position at which people and categories became public, before all pages.
_SETUP = 1
# The tables, each after those that its rows refer to.
TABLES: tuple[type[Base], ...] = (
    *(Entry, Account, CategoryPlace, CategoryPath, Edition, Revision, Link, Review, SignOff),
    *(Position, Publication, Address, PublicationStage, PublicationSignOff),
)
_WORDS = [
    "model",
    "weight",
    "token",
    "layer",
    "cache",
    "batch",
    "prompt",
    "vector",
    "memory",
    "kernel",
    "graph",
    "gradient",
]

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Page:
    """An entry with one revision, which is public.

    Attributes:
        number: number in the ids of its rows.
        entry_id: id of the entry.
        content_type: its content type.
        draft: its words.
        snapshot: its content.
        saved_at: when all of it was written.
        position: the position of its publication.
        basis: why it is public.
        author: the account of its author; ``None`` for the operator.
        reviewers: the accounts that signed it off.
    """

    number: int
    entry_id: str
    content_type: type[ContentType]
    draft: Draft
    snapshot: Rendered
    saved_at: datetime
    position: int
    basis: Basis
    author: Row | None = None
    reviewers: Sequence[Row] = ()

    @property
    def expires_at(self) -> datetime:
        """When its sign-offs expire."""
        return self.saved_at + timedelta(days=365)

    @property
    def edition_id(self) -> str:
        """Id of its edition."""
        return f"edition_{self.number:026}"

    @property
    def revision_id(self) -> str:
        """Id of its revision."""
        return f"rev_{self.number:026}"

    @property
    def path(self) -> str | None:
        """Path of its edition."""
        return self.content_type.path_for(self.draft.slug, "en")


@dataclass(frozen=True)
class Category:
    """A category in the tree.

    Attributes:
        id: id of the entry.
        slug: its slug.
        parent: the category above it.
        ordinal: its place among its siblings.
    """

    id: str
    slug: str
    parent: Category | None
    ordinal: int

    @property
    def path(self) -> str:
        """Slugs from the root down to it."""
        return f"{self.parent.path}/{self.slug}" if self.parent else self.slug


async def generate(database: Database, entries: int = ENTRIES) -> None:
    """Fill an empty, migrated database."""
    await write_facts(database, entries)
    await rebuild_revisions(database, site, EVERY_REVISION)
    await rebuild_counts(database)
    await index_fields(database, site)
    await database.refresh_statistics()


async def write_facts(database: Database, entries: int) -> None:
    """Fill an empty, migrated database, without what derives from the content."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill, entries)


def tree_path(number: int) -> str:
    """Return the tree path of a category that entries have."""
    return f"b-{number % BRANCHES}/c-{number}"


def _fill(connection: Connection, entries: int) -> None:
    rows: dict[type[Base], list[Row]] = {table: [] for table in TABLES}
    for table, row in _rows(entries):
        rows[table].append(row)
    for table in TABLES:
        insert_rows(connection, table, rows[table])
    last = update(Counter).where(Counter.name == "position").values(value=len(rows[Position]))
    connection.execute(last)
    heads = [{"b_id": row["edition_id"], "head_id": row["id"]} for row in rows[Revision]]
    connection.execute(update(Edition).where(Edition.id == bindparam("b_id")), heads)


def insert_rows(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows into a table."""
    for start in range(0, len(rows), 1_000):
        connection.execute(insert(table), rows[start : start + 1_000])


def _rows(entries: int) -> Iterator[tuple[type[Base], Row]]:
    """Yield all rows, each with its table."""
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    accounts = [_account(number) for number in range(PEOPLE)]
    yield from ((Account, each) for each in accounts)
    branches = [Category(new_id("cat"), f"b-{n}", None, n) for n in range(BRANCHES)]
    leaves = [
        Category(new_id("cat"), f"c-{n}", branches[n % BRANCHES], n) for n in range(CATEGORIES)
    ]
    for each in (*branches, *leaves):
        yield from place_rows(each)
    # Numbers in ids: those of pages first.
    people = [(each["person_id"], f"person-{number}") for number, each in enumerate(accounts)]
    categories = [(each.id, each.slug) for each in (*branches, *leaves)]
    for number, (entry_id, slug) in enumerate([*people, *categories], entries):
        yield from public_rows(_built_in(number, entry_id, slug))
    ids = [new_id("entry") for _ in range(entries)]
    for number, targets in enumerate(_targets(chance, entries)):
        category_id = leaves[number // 2 % CATEGORIES].id
        yield from _entry(number, ids, targets, category_id, accounts, chance)
    for position in range(_SETUP, _SETUP + entries + 1):
        # Pages are published a minute apart, in the order of their positions.
        at = _START + timedelta(minutes=position)
        yield Position, {"number": position, "nonce": NONCE, "taken_at": at, "before_at": None}


def _account(number: int) -> Row:
    return {
        "id": new_id("account"),
        "email": f"person-{number}@example.org",
        "person_id": new_id("person"),
        "created_at": _START,
    }


def place_rows(category: Category) -> Iterator[tuple[type[Base], Row]]:
    """Yield the rows of the place of a category in the tree."""
    place = {
        "id": new_id("place"),
        "position": 0,
        "category_id": category.id,
        "parent_id": category.parent.id if category.parent else None,
        "ordinal": category.ordinal,
        "began_at": _START,
    }
    yield CategoryPlace, place
    path = {"category_id": category.id, "locale": "en", "path": category.path}
    yield CategoryPath, path


def _built_in(number: int, entry_id: str, slug: str) -> Page:
    """Return a category or a person."""
    is_person = entry_id.startswith("person")
    content_type = site.content_type(PERSON if is_person else CATEGORY)
    snapshot, draft = _snapshot_of(
        content_type, Draft(title=f"{content_type.name} {slug}", slug=slug)
    )
    return Page(
        number=number,
        entry_id=entry_id,
        content_type=content_type,
        draft=draft,
        snapshot=snapshot,
        saved_at=_START,
        position=_SETUP,
        basis="setup",
    )


def public_rows(page: Page) -> Iterator[tuple[type[Base], Row]]:
    """Yield the rows of an entry, of its edition with one revision, and of its publication."""
    draft, author, at = page.draft, page.author or {}, page.saved_at
    yield (
        Entry,
        {
            "id": page.entry_id,
            "content_type": page.content_type.name,
            "singleton": None,
            "created_at": at,
        },
    )
    yield (
        Edition,
        {
            "id": page.edition_id,
            "entry_id": page.entry_id,
            "locale": "en",
            "head_id": None,
            "path": page.path,
            "content_type": page.content_type.name,
            "category_id": draft.category,
            "byline_id": author.get("person_id"),
            "title_key": sort_key(draft.title),
            "slug": draft.slug,
            "changed_at": at,
            "created_at": at,
        },
    )
    yield (
        Revision,
        {
            "id": page.revision_id,
            "edition_id": page.edition_id,
            "number": 1,
            "title": draft.title,
            "slug": draft.slug,
            "summary": draft.summary,
            "category_id": draft.category,
            "content": page.snapshot.content,
            "digest": page.snapshot.digest,
            "author_id": author.get("id"),
            "byline_id": author.get("person_id"),
            "note": "",
            "path": page.path,
            "created_at": at,
        },
    )
    yield (
        Publication,
        {
            "id": f"pub_{page.number:026}",
            "position": page.position,
            "entry_id": page.entry_id,
            "edition_id": page.edition_id,
            "revision_id": page.revision_id,
            "content_type": page.content_type.name,
            "locale": "en",
            "title": draft.title,
            "title_key": sort_key(draft.title),
            "slug": draft.slug,
            "summary": draft.summary,
            "category_id": draft.category,
            "byline_id": author.get("person_id"),
            "saved_at": at,
            "first_published_at": at,
            "published_at": at,
            "published_by": author.get("id"),
            "basis": page.basis,
            "reviewed_at": at if page.reviewers else None,
            "due_at": page.expires_at if page.reviewers else at,
            "reviewers": sorted(each["person_id"] for each in page.reviewers) or None,
            "field_values": public_fields(page.content_type, page.snapshot.content),
            "ended_at": None,
            "ended_position": None,
        },
    )


def _targets(chance: random.Random, entries: int) -> list[list[int]]:
    """Return whom each entry links to, by preferential attachment (Barabási and Albert, 1999).

    An entry that is linked to already is chosen in proportion to how often it is.
    """
    urn = list(range(LINKS_EACH + 1))
    targets = [
        [(number + step) % (LINKS_EACH + 1) for step in range(1, LINKS_EACH + 1)]
        for number in range(LINKS_EACH + 1)
    ]
    for number in range(LINKS_EACH + 1, entries):
        chosen: dict[int, None] = {}
        while len(chosen) < LINKS_EACH:
            chosen[chance.choice(urn)] = None
        targets.append(list(chosen))
        urn += [*chosen, number]
    return targets


def _entry(
    number: int,
    ids: Sequence[str],
    targets: Sequence[int],
    category_id: str,
    accounts: Sequence[Row],
    chance: random.Random,
) -> Iterator[tuple[type[Base], Row]]:
    """Yield the rows of one published entry, written by one person and signed by another."""
    content_type = site.content_types["Term" if number % 2 else "Guide"]
    snapshot, draft = _snapshot_of(
        content_type, _draft(number, content_type, ids, targets, category_id, chance)
    )
    page = Page(
        number=number,
        entry_id=ids[number],
        content_type=content_type,
        draft=draft,
        snapshot=snapshot,
        saved_at=_START + timedelta(minutes=number),
        position=_SETUP + 1 + number,
        basis="signed_off",
        author=accounts[number % len(accounts)],
        reviewers=[accounts[(number + 1) % len(accounts)]],
    )
    yield from public_rows(page)
    yield from ((Link, each) for each in link_rows(page))
    yield from signing_rows(page)
    yield Address, address_row(page)


def address_row(page: Page) -> Row:
    """Return the row of the address of a page."""
    return {
        "id": f"address_{page.number:026}",
        "position": page.position,
        "locale": "en",
        "path": page.path,
        "edition_id": page.edition_id,
        "content_type": page.content_type.name,
        "entry_id": page.entry_id,
        "began_at": page.saved_at,
    }


def link_rows(page: Page) -> Iterator[Row]:
    """Yield the rows of the links of a page."""
    snapshot = page.snapshot
    for edge, place in link_places(snapshot.edges, snapshot.derived.places, page.path):
        columns = link_columns(page.revision_id, edge)
        yield {**columns, **vars(place), "origin": edge.origin.value}


def signing_rows(page: Page) -> Iterator[tuple[type[Base], Row]]:
    """Yield the rows of a review, and of the sign-offs by which a page is public."""
    review_id, publication_id, at = (
        f"review_{page.number:026}",
        f"pub_{page.number:026}",
        page.saved_at,
    )
    yield (
        Review,
        {
            "id": review_id,
            "edition_id": page.edition_id,
            "revision_id": page.revision_id,
            "stages": [],
            "note": "",
            "requested_by": page.author["id"] if page.author else None,
            "requested_at": at,
            "ended_at": at,
            "outcome": "published",
        },
    )
    yield (
        PublicationStage,
        {
            "publication_id": publication_id,
            "ordinal": 1,
            "name": "editorial",
            "role": "reviewer",
            "approvals": len(page.reviewers),
        },
    )
    for ordinal, reviewer in enumerate(page.reviewers):
        sign_off_id = f"signoff_{page.number * len(page.reviewers) + ordinal:026}"
        yield SignOff, _sign_off(page, sign_off_id, review_id, reviewer)
        yield (
            PublicationSignOff,
            {
                "publication_id": publication_id,
                "sign_off_id": sign_off_id,
                "person_id": reviewer["person_id"],
                "position": page.position,
                "counted_at": at,
            },
        )


def _sign_off(page: Page, sign_off_id: str, review_id: str, reviewer: Row) -> Row:
    return {
        "id": sign_off_id,
        "edition_id": page.edition_id,
        "revision_id": page.revision_id,
        "review_id": review_id,
        "digest": page.snapshot.digest,
        "stage": "editorial",
        "account_id": reviewer["id"],
        "person_id": reviewer["person_id"],
        "note": "",
        "signed_at": page.saved_at,
        "expires_at": page.expires_at,
    }


def _draft(
    number: int,
    content_type: type[ContentType],
    ids: Sequence[str],
    targets: Sequence[int],
    category_id: str,
    chance: random.Random,
) -> Draft:
    links = [{"href": ids[target], "label": f"Entry {target}"} for target in targets]
    words = " ".join(chance.choices(_WORDS, k=150))
    own = {"source": f"Source {number // 2 % SOURCES}"} if content_type is Term else {}
    return Draft(
        title=f"Entry {number}",
        slug=f"entry-{number}",
        summary=" ".join(chance.choices(_WORDS, k=15)),
        category=category_id,
        fields={"body": words, "related": links[:4], "further": links[4:], **own},
    )


def _snapshot_of(content_type: type[ContentType], draft: Draft) -> tuple[Rendered, Draft]:
    cleaned, problems = clean_draft(content_type, draft)
    if problems:
        raise ValueError(str(problems))
    return take_snapshot(content_type, "en", cleaned, {}), cleaned
