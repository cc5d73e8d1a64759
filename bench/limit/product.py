"""Writes the content into the product's own tables, as its commands would have written it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, update

from bench.data import (
    NONCE,
    TABLES,
    Category,
    Page,
    Row,
    address_row,
    insert_rows,
    link_rows,
    place_rows,
    public_rows,
    signing_rows,
)
from bench.limit.content import Content, Item, Topic
from bench.limit.declaration import site
from cms import Copydesk, Settings
from cms.access.secret_tokens import hash_of
from cms.content.builtin import CATEGORY, PERSON
from cms.content.canonical_json import Json, JsonObject, plain_canonical_bytes
from cms.content.content_type import ContentType
from cms.content.snapshot import Draft, Rendered, clean_draft, take_snapshot
from cms.search.deriving import DerivedValues, derived_values, insert_derived_values
from cms.storage.database import Database
from cms.tables import (
    Account,
    Address,
    Base,
    Counter,
    Edition,
    Entry,
    Link,
    Position,
    Revision,
    RoleGrant,
    Token,
)

_WRITTEN: tuple[type[Base], ...] = (*TABLES, Token, RoleGrant)
# The secret of the account that saves.
TOKEN = "copydesk_service_of_the_limit"  # noqa: S105  # of content that is generated
# Entries that are written with one transaction.
_BATCH = 500
_SETUP = 1
_AT = datetime(2020, 12, 31, tzinfo=UTC)
_AUTHOR: Row = {
    "id": f"account_{10_000:026}",
    "email": "author@example.org",
    "person_id": None,
    "created_at": _AT,
}


@dataclass(frozen=True)
class _Text:
    """A text that was rendered once, for all entries that have it.

    Attributes:
        body: its stored form.
        rendered: its rendered form.
        derived: the values that derive from a revision with this text, and without links.
    """

    body: Json
    rendered: Json
    derived: DerivedValues


def entry_id(number: int) -> str:
    """Return the id of an entry."""
    return f"entry_{number:026}"


def revision_id(number: int) -> str:
    """Return the id of an entry's only revision."""
    return f"rev_{number:026}"


async def load(url: str, key: Path, content: Content) -> None:
    """Fill an empty database, of which nothing has statistics after that.

    Args:
        url: the database.
        key: the file of the signing key, which is made if it is missing.
        content: the content.
    """
    settings = Settings(database_url=url, signing_key=key)
    async with Copydesk(site, settings) as copydesk:
        await copydesk.migrate()
        database = copydesk.database
        await _write(database, _setup(content), {})
        pages = _Pages(content)
        items = content.items()
        while batch := list(islice(items, _BATCH)):
            derived: dict[str, DerivedValues] = {}
            rows = [row for item in batch for row in pages.rows(item, derived)]
            await _write(database, rows, derived)


async def refresh_statistics(url: str) -> None:
    """Refresh the planner statistics of a database."""
    database = Database(url)
    await database.refresh_statistics()
    await database.close()


async def _write(
    database: Database,
    rows: Iterable[tuple[type[Base], Row]],
    derived: dict[str, DerivedValues],
) -> None:
    by_table: dict[type[Base], list[Row]] = {table: [] for table in _WRITTEN}
    for table, row in rows:
        by_table[table].append(row)
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.run_sync(_insert, by_table)
        if derived:
            await insert_derived_values(session, derived)


def _insert(connection: Connection, by_table: dict[type[Base], list[Row]]) -> None:
    for table, rows in by_table.items():
        if rows:
            insert_rows(connection, table, rows)
    if positions := by_table[Position]:
        last = update(Counter).where(Counter.name == "position")
        connection.execute(last.values(value=positions[-1]["number"]))
    heads = [{"b_id": row["edition_id"], "head_id": row["id"]} for row in by_table[Revision]]
    if heads:
        connection.execute(update(Edition).where(Edition.id == bindparam("b_id")), heads)


def _setup(content: Content) -> Iterator[tuple[type[Base], Row]]:
    """Yield the rows of accounts, people and categories, and those that all pages need."""
    yield Account, _AUTHOR
    yield from _access()
    yield from ((Account, _account(person)) for person in content.people)
    categories: list[Category] = []
    for each in content.categories:
        parent = categories[each.parent.number] if each.parent else None
        category = Category(_category_id(each), each.slug, parent, each.number)
        categories.append(category)
        yield from place_rows(category)
    topics = (*content.people, *content.categories)
    for number, topic in enumerate(topics, content.size):
        yield from public_rows(_built_in(number, topic, is_person=topic in content.people))
    # Before the pages, since they link each other.
    for item in content.items():
        yield Entry, _entry_row(item)
    for position in range(_SETUP, _SETUP + content.size + 1):
        yield Position, {"number": position, "nonce": NONCE, "taken_at": _AT, "before_at": None}


def _access() -> Iterator[tuple[type[Base], Row]]:
    yield (
        RoleGrant,
        {
            "id": f"grant_{0:026}",
            "account_id": _AUTHOR["id"],
            "role": "author",
            "created_at": _AT,
        },
    )
    yield (
        Token,
        {
            "id": f"token_{0:026}",
            "account_id": _AUTHOR["id"],
            "kind": "service",
            "name": "The limit",
            "hash": hash_of(TOKEN),
            "created_at": _AT,
            "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
        },
    )


def _account(person: Topic) -> Row:
    return {
        "id": f"account_{person.number:026}",
        "email": f"{person.slug}@example.org",
        "person_id": f"person_{person.number:026}",
        "created_at": _AT,
    }


def _category_id(category: Topic) -> str:
    return f"cat_{category.number:026}"


def _entry_row(item: Item) -> Row:
    return {
        "id": entry_id(item.number),
        "content_type": item.content_type,
        "singleton": None,
        "created_at": item.published_at,
    }


def _built_in(number: int, topic: Topic, *, is_person: bool) -> Page:
    content_type = site.content_type(PERSON if is_person else CATEGORY)
    snapshot, draft = _snapshot_of(content_type, Draft(title=topic.name, slug=topic.slug))
    return Page(
        number=number,
        entry_id=f"person_{topic.number:026}" if is_person else _category_id(topic),
        content_type=content_type,
        draft=draft,
        snapshot=snapshot,
        saved_at=_AT,
        position=_SETUP,
        basis="setup",
    )


class _Pages:
    """Makes the rows of entries; renders each text once."""

    def __init__(self, content: Content) -> None:
        self._texts: dict[int, _Text] = {}
        self._accounts = [_account(person) for person in content.people]

    def rows(
        self, item: Item, derived: dict[str, DerivedValues]
    ) -> Iterator[tuple[type[Base], Row]]:
        """Yield the rows of an entry, without its own and those of derived values.

        Args:
            item: the entry.
            derived: the derived values, by revision, to which those of the entry are added.
        """
        content_type, text = site.content_types[item.content_type], self._text(item)
        snapshot, draft = _snapshot_of(content_type, _draft(item))
        page = Page(
            number=item.number,
            entry_id=entry_id(item.number),
            content_type=content_type,
            draft=draft,
            snapshot=_with_body(snapshot, text.body),
            saved_at=item.published_at,
            position=_SETUP + 1 + item.rank,
            basis="signed_off",
            author=_AUTHOR,
            reviewers=[self._accounts[each.number] for each in item.reviewers],
        )
        yield from (row for row in public_rows(page) if row[0] is not Entry)
        yield from ((Link, each) for each in link_rows(page))
        yield from signing_rows(page)
        yield Address, address_row(page)
        rendered = {**snapshot.derived.rendered, "body": text.rendered}
        derived[page.revision_id] = replace(text.derived, rendered=rendered)

    def _text(self, item: Item) -> _Text:
        if item.text_number not in self._texts:
            content_type = site.content_types[item.content_type]
            draft = Draft(title=item.title, summary=item.summary, fields={"body": item.body})
            snapshot, cleaned = _snapshot_of(content_type, draft)
            self._texts[item.text_number] = _Text(
                body=cleaned.fields["body"],
                rendered=snapshot.derived.rendered["body"],
                derived=derived_values(content_type, snapshot.content, snapshot.derived),
            )
        return self._texts[item.text_number]


def _draft(item: Item) -> Draft:
    """Return the draft of an entry without its text."""
    fields: dict[str, list[Json]] = {}
    for kind, target in item.links:
        link = {"href": entry_id(target), "label": f"Entry {target}"}
        fields.setdefault(kind.lower(), []).append(link)
    return Draft(
        title=item.title,
        slug=item.slug,
        summary=item.summary,
        category=_category_id(item.category),
        fields=fields,
    )


def _with_body(snapshot: Rendered, body: Json) -> Rendered:
    """Return the snapshot of a draft to which a text is added."""
    fields: Any = snapshot.content["fields"]
    content: JsonObject = {**snapshot.content, "fields": {**fields, "body": body}}
    # The same digest as by other functions, several times faster: there are no floats.
    digest = hashlib.sha256(plain_canonical_bytes(content)).hexdigest()
    return replace(snapshot, content=content, digest=digest)


def _snapshot_of(content_type: type[ContentType], draft: Draft) -> tuple[Rendered, Draft]:
    cleaned, problems = clean_draft(content_type, draft)
    if problems:
        raise ValueError(str(problems))
    return take_snapshot(content_type, "en", cleaned, {}), cleaned
