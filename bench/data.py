"""Generates the content that is measured: scale-free, always the same.

The rows are written at once and not through the commands, which would check every one of
60,000 links; they are the rows that the commands would have written.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from bench.site import Term, site
from cms.content.collation import sort_key
from cms.content.snapshot import Draft, Snapshot, clean_draft, take_snapshot
from cms.identifiers import new_id
from cms.reading.field_indexes import index_fields
from cms.search.rebuilding import EVERY_REVISION, rebuild_revisions, rebuild_words
from cms.storage.database import Database
from cms.tables import (
    Account,
    Address,
    Base,
    Category,
    Counter,
    Edition,
    Entry,
    Link,
    Person,
    Position,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Review,
    Revision,
    SignOff,
)

ENTRIES = 10_000
LINKS_EACH = 6
CATEGORIES = 40
SOURCES = 500
SEED = 42
# The nonce of all positions.
NONCE = "0123456789abcdef"

_START = datetime(2026, 1, 1, tzinfo=UTC)
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


async def generate(database: Database, entries: int = ENTRIES) -> None:
    """Fill an empty, migrated database."""
    await write_facts(database, entries)
    await rebuild_revisions(database, site, EVERY_REVISION)
    await rebuild_words(database)
    await index_fields(database, site)
    await database.refresh_statistics()


async def write_facts(database: Database, entries: int) -> None:
    """Fill an empty, migrated database, without what derives from the content."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill, entries)


def _fill(connection: Connection, entries: int) -> None:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    categories = _categories()
    people = [_person(number) for number in range(20)]
    _insert(connection, Category, categories[::-1])  # parents first
    _insert(connection, Person, [person for person, _ in people])
    _insert(connection, Account, [account for _, account in people])
    ids = [new_id("entry") for _ in range(entries)]
    targets = _targets(chance, entries)
    rows: dict[type[Base], list[Mapping[str, Any]]] = {}
    heads = []
    for number in range(entries):
        leaf = categories[number // 2 % CATEGORIES]
        made = _entry(number, ids, targets[number], str(leaf["id"]), people, chance)
        for table, row in made:
            rows.setdefault(table, []).append(row)
        heads.append({"b_id": f"edition_{number:026}", "head_id": f"rev_{number:026}"})
    rows[Position] = [
        {"number": number, "nonce": NONCE, "taken_at": _START} for number in range(1, entries + 1)
    ]
    for table in (Entry, Edition, Revision, Link, Review, SignOff, Position, Publication):
        _insert(connection, table, rows[table])
    for table in (Address, PublicationStage, PublicationSignOff):
        _insert(connection, table, rows[table])
    last = update(Counter).where(Counter.name == "position").values(value=entries)
    connection.execute(last)
    connection.execute(update(Edition).where(Edition.id == bindparam("b_id")), heads)


def _insert(connection: Connection, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), 1_000):
        connection.execute(insert(table), rows[start : start + 1_000])


def _categories() -> list[Mapping[str, Any]]:
    """Return the leaves first, then the branches that they are on."""
    branches = [_category(f"b-{number}", None, number) for number in range(8)]
    leaves = [_category(f"c-{n}", branches[n % 8]["id"], n) for n in range(CATEGORIES)]
    return [*leaves, *branches]


def _category(path: str, parent_id: str | None, ordinal: int) -> dict[str, Any]:
    return {
        "id": new_id("cat"),
        "parent_id": parent_id,
        "slug": path,
        "path": path,
        "name": f"Category {path}",
        "description": "",
        "ordinal": ordinal,
        "created_at": _START,
    }


def _person(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    person = {
        "id": new_id("person"),
        "slug": f"person-{number}",
        "name": f"Person {number}",
        "bio": "",
        "links": [],
        "created_at": _START,
    }
    account = {
        "id": new_id("account"),
        "email": f"person-{number}@example.org",
        "person_id": person["id"],
        "created_at": _START,
    }
    return person, account


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
    people: Sequence[tuple[dict[str, Any], dict[str, Any]]],
    chance: random.Random,
) -> Iterator[tuple[type[Base], Mapping[str, Any]]]:
    """Yield the rows of one published entry, written by one person and signed by another."""
    content_type = site.content_types["Term" if number % 2 else "Guide"]
    author = people[number % len(people)][1]
    reviewer, reviewing = people[(number + 1) % len(people)]
    saved_at = _START + timedelta(minutes=number)
    snapshot, draft = _snapshot(number, ids, targets, category_id, chance)
    edition_id, revision_id = f"edition_{number:026}", f"rev_{number:026}"
    review_id = f"review_{number:026}"
    yield (
        Entry,
        {
            "id": ids[number],
            "content_type": content_type.name,
            "singleton": None,
            "created_at": saved_at,
        },
    )
    yield (
        Edition,
        {
            "id": edition_id,
            "entry_id": ids[number],
            "locale": "en",
            "head_id": None,
            "created_at": saved_at,
        },
    )
    yield (
        Revision,
        {
            "id": revision_id,
            "edition_id": edition_id,
            "number": 1,
            "title": draft.title,
            "slug": draft.slug,
            "summary": draft.summary,
            "category_id": category_id,
            "content": snapshot.content,
            "digest": snapshot.digest,
            "author_id": author["id"],
            "byline_id": author["person_id"],
            "note": "",
            "created_at": saved_at,
        },
    )
    for edge in snapshot.edges:
        yield (
            Link,
            {
                "revision_id": revision_id,
                "field_path": edge.field_path,
                "ordinal": edge.ordinal,
                "origin": edge.origin.value,
                "kind": edge.kind,
                "label": edge.label,
                "note": edge.note,
                "target_id": edge.target,
                "query": edge.query,
                "fragment": edge.fragment,
                "url": edge.url,
            },
        )
    yield (
        Review,
        {
            "id": review_id,
            "edition_id": edition_id,
            "revision_id": revision_id,
            "stages": [],
            "note": "",
            "requested_by": author["id"],
            "requested_at": saved_at,
            "ended_at": saved_at,
            "outcome": "published",
        },
    )
    yield (
        SignOff,
        {
            "id": f"signoff_{number:026}",
            "edition_id": edition_id,
            "revision_id": revision_id,
            "review_id": review_id,
            "digest": snapshot.digest,
            "stage": "editorial",
            "account_id": reviewing["id"],
            "person_id": reviewer["id"],
            "note": "",
            "signed_at": saved_at,
            "expires_at": saved_at + timedelta(days=365),
        },
    )
    yield (
        Publication,
        {
            "id": f"pub_{number:026}",
            "position": number + 1,
            "entry_id": ids[number],
            "edition_id": edition_id,
            "revision_id": revision_id,
            "content_type": content_type.name,
            "locale": "en",
            "title": draft.title,
            "title_key": sort_key(draft.title),
            "summary": draft.summary,
            "category_id": category_id,
            "first_published_at": saved_at,
            "published_at": saved_at,
            "published_by": author["id"],
            "basis": "signed_off",
            "ended_at": None,
            "ended_position": None,
        },
    )
    yield (
        Address,
        {
            "id": f"address_{number:026}",
            "position": number + 1,
            "locale": "en",
            "path": content_type.path_for(draft.slug, "en"),
            "edition_id": edition_id,
            "entry_id": ids[number],
            "began_at": saved_at,
        },
    )
    yield (
        PublicationStage,
        {
            "publication_id": f"pub_{number:026}",
            "ordinal": 1,
            "name": "editorial",
            "role": "reviewer",
            "approvals": 1,
        },
    )
    yield (
        PublicationSignOff,
        {
            "publication_id": f"pub_{number:026}",
            "sign_off_id": f"signoff_{number:026}",
            "position": number + 1,
            "counted_at": saved_at,
        },
    )


def _snapshot(
    number: int,
    ids: Sequence[str],
    targets: Sequence[int],
    category_id: str,
    chance: random.Random,
) -> tuple[Snapshot, Draft]:
    content_type = site.content_types["Term" if number % 2 else "Guide"]
    links = [{"href": ids[target], "label": f"Entry {target}"} for target in targets]
    words = " ".join(chance.choices(_WORDS, k=150))
    own = {"source": f"Source {number // 2 % SOURCES}"} if content_type is Term else {}
    draft = Draft(
        title=f"Entry {number}",
        slug=f"entry-{number}",
        summary=" ".join(chance.choices(_WORDS, k=15)),
        category=category_id,
        fields={"body": words, "related": links[:4], "further": links[4:], **own},
    )
    cleaned, problems = clean_draft(content_type, draft)
    if problems:
        raise ValueError(str(problems))
    return take_snapshot(content_type, "en", cleaned, {}), cleaned
