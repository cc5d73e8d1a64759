"""Every column is covered by the ledger or left out for a reason; hashes outlive a round trip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from cms.content.canonical_json import canonical_bytes, plain_canonical_bytes
from cms.ledger.audit import Record
from cms.ledger.closing import Closing, close_command
from cms.ledger.rows import (
    COVERED,
    NOT_COVERED,
    PART_OF,
    audited_rows,
    canonical_value,
    hash_of_row,
    key_of,
    root_of,
)
from cms.storage.database import Database, WriteSession
from cms.tables import (
    Account,
    AuditedRow,
    AuditRecord,
    Base,
    Counter,
    Edition,
    Entry,
    Review,
    Revision,
)

NOW = datetime(2026, 11, 29, 10, 0, 0, 123_456, tzinfo=UTC)


def columns_of(table: str) -> set[str]:
    return {f"{table}.{column.name}" for column in Base.metadata.tables[table].columns}


def test_each_column_is_covered_by_the_newest_list_or_left_out_once() -> None:
    listed: list[str] = []
    for table, versions in COVERED.items():
        newest = versions[max(versions)]
        listed += [f"{table}.{name}" for name in newest.columns]
        for part, names in newest.parts.items():
            assert PART_OF[part][0] == table
            listed += [f"{part}.{name}" for name in names]
    for name in NOT_COVERED:
        listed += columns_of(name) if "." not in name else [name]
    assert len(listed) == len(set(listed))
    assert set(listed) == set().union(*(columns_of(table) for table in Base.metadata.tables))


def test_the_parts_are_the_tables_that_are_hashed_with_a_row() -> None:
    parts = {
        part for versions in COVERED.values() for each in versions.values() for part in each.parts
    }
    assert parts == set(PART_OF)


@pytest.mark.parametrize("table", sorted(COVERED))
def test_versions_are_numbered_without_gaps_and_list_names_without_floats(table: str) -> None:
    assert list(COVERED[table]) == list(range(1, len(COVERED[table]) + 1))
    types = {type(column.type).__name__ for column in Base.metadata.tables[table].columns}
    assert types <= {"Text", "Integer", "BigInteger", "Boolean", "Moment", "JSONB"}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
)


@given(PLAIN)
def test_the_fast_canonical_form_is_the_canonical_form(value: Any) -> None:
    assert plain_canonical_bytes(value) == canonical_bytes(value)


def test_keys_sort_like_the_rows() -> None:
    numbers = [[1], [2], [9], [10], [2**62]]
    assert sorted(numbers) == sorted(numbers, key=key_of)
    pairs = [["entry_0", "z"], ["entry_00", "a"], ["entry_1", "a"]]
    assert sorted(pairs) == sorted(pairs, key=key_of)


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        (None, None),
        (True, True),
        (7, 7),
        ("é", "é"),
        (NOW, "2026-11-29T10:00:00.123Z"),
        (NOW.astimezone(timezone(timedelta(hours=5))), "2026-11-29T10:00:00.123Z"),
        ([], "[]"),
        ({"b": 1.0, "a": 10**300}, '{"a":1e+300,"b":1}'),
    ],
)
def test_a_value_has_one_canonical_form(value: Any, canonical: Any) -> None:
    assert canonical_value(value) == canonical


def test_each_part_of_a_row_changes_its_hash() -> None:
    values = {"id": "x_1", "slug": "a", "title": "A", "created_at": "2026-11-29T10:00:00.123Z"}
    hashes = {
        hash_of_row("revision", 1, values, "0" * 32),
        hash_of_row("revision", 1, values, "1" * 32),
        hash_of_row("revision", 2, values, "0" * 32),
        hash_of_row("account", 1, values, "0" * 32),
        hash_of_row("revision", 1, values | {"title": "B"}, "0" * 32),
        hash_of_row("revision", 1, values | {"title": None}, "0" * 32),
    }
    assert len(hashes) == 6


def an_account(account_id: str) -> Account:
    return Account(id=account_id, email=f"{account_id}@example.org", created_at=NOW)


async def test_a_row_has_the_same_hash_after_a_round_trip(database: Database) -> None:
    stages = [{"url": "https://example.org", "weight": 1.0, "large": 2**60}]
    review = Review(
        id="review_1",
        edition_id="edition_1",
        revision_id="rev_1",
        stages=stages,
        note="",
        requested_by="account_1",
        requested_at=NOW,
    )
    async with database.transaction() as session:
        await add(session, an_account("account_1"), *an_entry(), a_revision(), review)
        (row,) = audited_rows([review], [], 1)
    async with database.reading() as session:
        values = {
            name: canonical_value(getattr(await session.get_one(Review, "review_1"), name))
            for name in COVERED["review"][1].columns
        }
    assert hash_of_row("review", 1, values, row["salt"]) == row["hash"]
    assert (row["table_name"], row["key"], row["version"]) == ("review", "review_1", 1)


async def test_links_are_hashed_with_their_revision(database: Database) -> None:
    async with database.transaction() as session:
        links = [a_link("b", 1), a_link("b", 0), a_link("a", 10), a_link("a", 9)]
        written = [*an_entry(), a_revision()]
        await add(session, *written)
        parts = {"link": links}
        rows = audited_rows(written, [], 1, parts)
        assert [(row["table_name"], row["key"]) for row in rows] == [
            ("edition", "edition_1"),
            ("entry", "entry_1"),
            ("revision", "rev_1"),
        ]
        with pytest.raises(ValueError, match="parts of revision rev_1 were written without it"):
            audited_rows([], [], 1, parts)


async def add(session: WriteSession, *rows: Base) -> None:
    """Add rows one after the other."""
    for row in rows:
        session.add(row)
        await session.flush()


def an_entry() -> tuple[Entry, Edition]:
    entry = Entry(id="entry_1", content_type="A", created_at=NOW)
    edition = Edition(
        id="edition_1", entry_id="entry_1", locale="en", content_type="A", created_at=NOW
    )
    return entry, edition


def a_revision() -> Revision:
    return Revision(
        id="rev_1",
        edition_id="edition_1",
        number=1,
        title="T",
        slug="t",
        summary="",
        content={},
        digest="0" * 64,
        note="",
        created_at=NOW,
    )


def a_link(field_path: str, ordinal: int) -> Mapping[str, Any]:
    values = {"kind": "", "label": "", "note": "", "query": "", "fragment": "", "target_id": None}
    return {
        "revision_id": "rev_1",
        "field_path": field_path,
        "ordinal": ordinal,
        "origin": "inline",
        "url": "https://example.org",
        **values,
    }


async def test_the_last_record_of_a_command_holds_the_root_of_its_rows(database: Database) -> None:
    records = [Record(actor="operator", action=name, subject=None) for name in ("a", "b")]
    async with database.transaction() as session:
        account, gone = an_account("account_1"), an_account("account_2")
        await add(session, account)
        closing = Closing(
            records=records, now=NOW, attested_at=NOW, written=[account], deleted=[gone]
        )
        assert await close_command(session, database.key_file, closing) == 2
    async with database.reading() as session:
        first, last = await session.scalars(select(AuditRecord).order_by(AuditRecord.sequence))
        rows = list(await session.scalars(select(AuditedRow).order_by(AuditedRow.key)))
        taken = await session.scalar(select(Counter.value).where(Counter.name == "audit"))
    assert taken == 2
    assert first.rows_root is None
    assert last.previous_hash == first.hash
    assert [(row.key, row.sequence, row.hash is None) for row in rows] == [
        ("account_1", 2, False),
        ("account_2", 2, True),
    ]
    assert last.rows_root == root_of(
        (row.table_name, row.key, row.version, row.hash) for row in rows
    )


async def test_a_command_without_a_record_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(ValueError, match="needs an audit record"):
            closing = Closing(records=[], now=NOW, attested_at=NOW)
            await close_command(session, database.key_file, closing)
        assert await session.scalar(select(func.count()).select_from(AuditRecord)) == 0
