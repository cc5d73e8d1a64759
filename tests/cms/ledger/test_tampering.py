"""Whatever is changed behind the product's back is named, with the record that wrote it."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms.cli.deriving import verify_derived
from cms.clock import now
from cms.ledger.rows import COVERED, key_of
from cms.ledger.verification import Invalid, Valid, verify_ledger
from cms.storage.database import Database
from cms.tables import (
    Account,
    AuditedRow,
    AuditRecord,
    Base,
    CategoryPath,
    CategoryPlace,
    ChangeRequest,
    EditionContributor,
    Link,
    Publication,
    Rendition,
    Revision,
    RoleGrant,
    SearchDocument,
    Tombstone,
)
from cms.taxonomy.categories import move_category
from tests.builders import Newsroom
from tests.depth import IS_DEEP
from tests.forging import TABLES, Score, forging, kinds_of, no_progress
from tests.histories import make_history
from tests.tampering import tampering

# Forgeries to try on each database; a long run tries each kind at least once.
TRIALS = 1_000 if IS_DEEP else 40


async def findings(database: Database) -> list[Valid | Invalid]:
    public_key = database.key_file.load().public_key_pem()
    async with database.reading() as session:
        return [each async for each in verify_ledger(session, public_key, no_progress)]


async def faults(database: Database) -> list[str]:
    return [each.words for each in await findings(database) if isinstance(each, Invalid)]


async def derived(database: Database, jobs: int = 1) -> list[Valid | Invalid]:
    """Return what the verification of derived values finds."""
    async with database.reading() as session:
        return [each async for each in verify_derived(session, "tests.sites:SITE", jobs)]


async def test_each_forgery_is_named(newsroom: Newsroom) -> None:
    await make_history(newsroom)
    assert await faults(newsroom.database) == []
    seed = int(os.environ.get("COPYDESK_SEED", "1"))
    kinds = [(table, kind) for table in TABLES for kind in kinds_of(Base.metadata.tables[table])]
    Random(seed).shuffle(kinds)  # noqa: S311  # not a secret
    score = Score()
    async with forging(newsroom.database, seed) as forger:
        for kind in kinds[:TRIALS]:
            await forger.try_all([kind], score)
    print(*score.lines(), sep="\n")  # noqa: T201  # of tried, by table; shown by pytest -s
    assert score.missed == []
    assert score.tried.total() > 0.9 * min(TRIALS, len(kinds)) - 25


@pytest.mark.parametrize("table", ["category_place", "category_path"])
async def test_each_forgery_of_the_tree_is_named(newsroom: Newsroom, table: str) -> None:
    topic = await newsroom.category("Topics")
    below = await newsroom.category("Below", topic)
    await newsroom.do(newsroom.publisher, move_category, below.id, parent_id="")
    score = Score()
    kinds = kinds_of(Base.metadata.tables[table])
    async with forging(newsroom.database, 1) as forger:
        await forger.try_all([(table, kind) for kind in kinds], score)
    assert score.missed == []
    assert score.tried[table] >= len(kinds) - 3  # unique values cannot be swapped


async def test_the_history_has_rows_of_every_table(newsroom: Newsroom) -> None:
    await make_history(newsroom)
    async with newsroom.database.reading() as session:
        counts = {
            table: await session.scalar(
                select(func.count()).select_from(Base.metadata.tables[table])
            )
            for table in COVERED
        }
    assert [table for table, count in counts.items() if not count] == []


async def _change(
    connection: AsyncConnection, table: Any, values: dict[str, Any], record: str
) -> str:
    """Change a row that has a value in the first of the columns."""
    column = getattr(table, next(iter(values)))
    chosen = select(table.id).where(column.is_not(None)).order_by(column.desc()).limit(1)
    key = await connection.scalar(chosen)
    await connection.execute(update(table).where(table.id == key).values(**values))
    start = f"{table.__tablename__} {key} is not valid: it was changed after audit record "
    return f"{start}[0-9]+ .{record} "


CHANGES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "title": (Revision, {"title": "UNSIGNED WORDS"}, "entry:[a-z]+ by account_[0-9a-z]+"),
    "slug": (Revision, {"slug": "other"}, "entry:[a-z]+ by account_[0-9a-z]+"),
    "end": (
        Publication,
        {"ended_at": None, "ended_position": None},
        "(entry:(unpublish|publish) by account_[0-9a-z]+|words:purge by operator)",
    ),
    "parent": (CategoryPlace, {"parent_id": None}, "category:move by account_[0-9a-z]+"),
    "order": (CategoryPlace, {"ordinal": 7}, "category:(create|move) by [0-9a-z_]+"),
    "move": (CategoryPlace, {"ended_position": 1}, "category:move by account_[0-9a-z]+"),
    "role": (RoleGrant, {"role": "administrator"}, "role:grant by operator"),
    "revoked": (RoleGrant, {"revoked_at": None}, "role:revoke by operator"),
}


async def _change_link(connection: AsyncConnection) -> str:
    row = (await connection.execute(select(Link.revision_id).limit(1))).one()
    await connection.execute(
        update(Link).where(Link.revision_id == row.revision_id).values(label="Elsewhere")
    )
    return f"revision {row.revision_id} is not valid: it was changed after audit record [0-9]+ "


async def _add_link(connection: AsyncConnection) -> str:
    link = (await connection.execute(select(Link.__table__).limit(1))).mappings().one()
    await connection.execute(insert(Link).values(**{**link, "ordinal": 99}))
    return f"revision {link['revision_id']} is not valid: it was changed after audit record [0-9]+ "


async def _add_stray_link(connection: AsyncConnection) -> str:
    link = (await connection.execute(select(Link.__table__).limit(1))).mappings().one()
    await connection.execute(insert(Link).values(**{**link, "revision_id": "rev_z"}))
    return "link rev_z body [0-9]+ is not valid: no command wrote it"


async def _delete_objection(connection: AsyncConnection) -> str:
    row = (await connection.execute(select(ChangeRequest.id))).one()
    await connection.execute(delete(ChangeRequest))
    return f"change_request {row.id} is not valid: it is missing; audit record "


async def _delete_contributors(connection: AsyncConnection) -> str:
    row = (await connection.execute(select(EditionContributor.__table__).limit(1))).one()
    await connection.execute(delete(EditionContributor))
    return f"edition_contributor {key_of(row)} is not valid: it is missing; audit record "


async def _insert_grant(connection: AsyncConnection) -> str:
    row = (await connection.execute(select(RoleGrant.__table__).limit(1))).mappings().one()
    await connection.execute(insert(RoleGrant).values(**{**row, "id": "grant_x"}))
    return "role_grant grant_x is not valid: no command wrote it"


async def _bring_back(connection: AsyncConnection) -> str:
    """Insert a revision that a command has deleted."""
    gone = await connection.scalar(
        select(AuditedRow.key).where(AuditedRow.table_name == "revision", AuditedRow.hash.is_(None))
    )
    row = (await connection.execute(select(Revision.__table__).limit(1))).mappings().one()
    await connection.execute(insert(Revision).values(**{**row, "id": gone, "number": 999}))
    return f"revision {gone} is not valid: audit record "


async def _use_unknown_version(connection: AsyncConnection) -> str:
    await connection.execute(
        update(AuditedRow).where(AuditedRow.table_name == "account").values(version=99)
    )
    return "its hash has the unknown version 99"


async def _hash_anew(connection: AsyncConnection) -> str:
    """Replace a row's hash, as somebody does who knows how it is computed."""
    row = (await connection.execute(select(AuditedRow.__table__).limit(1))).one()
    await connection.execute(
        update(AuditedRow)
        .where(AuditedRow.table_name == row.table_name, AuditedRow.key == row.key)
        .values(hash="0" * 64)
    )
    return f"audit record {row.sequence} is not valid: the hashes of its rows do not match"


async def _bury(connection: AsyncConnection) -> str:
    """Insert a tombstone that no purge has made."""
    row = {"table_name": "attestation", "key": "x", "purge_id": "purge_x", "remainder": "x"}
    await connection.execute(insert(Tombstone), row)
    return "attestation x is not valid: it is marked as purged"


BY_HAND = (
    *(_change_link, _add_link, _add_stray_link, _delete_objection, _delete_contributors),
    *(_insert_grant, _bring_back, _use_unknown_version, _hash_anew, _bury),
)


Tamper = Callable[[AsyncConnection], Awaitable[str]]


async def test_what_was_missed_once_is_named_with_its_record(newsroom: Newsroom) -> None:
    await make_history(newsroom)
    changes: list[Tamper] = [
        partial(_change, table=table, values=values, record=record)
        for table, values, record in CHANGES.values()
    ]
    async with forging(newsroom.database, 1) as forger:
        for tamper in (*changes, *BY_HAND):
            trial = await forger.connection.begin_nested()
            expected = await tamper(forger.connection)
            found = await forger.faults()
            await trial.rollback()
            assert any(re.search(expected, each) for each in found), (expected, found)
        assert await forger.faults() == []


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Link, {"section": "Another"}),
        (Link, {"host": "b.test"}),
        (Rendition, {"rendered": {"body": {"html": "<p>UNSIGNED WORDS"}}}),
        (Rendition, {"title_key": "x"}),
        (SearchDocument, {"body": "unsigned words"}),
        (SearchDocument, {"shown": {}}),
    ],
    ids=["section", "host", "html", "title key", "text", "words"],
)
async def test_what_derives_and_was_changed_is_named(
    newsroom: Newsroom, table: Any, values: dict[str, Any]
) -> None:
    publication = await newsroom.published(slug="one", body="[a](https://a.test)")
    async with newsroom.database.reading() as session:
        count = await session.scalar(select(func.count()).select_from(Revision))
    (valid,) = await derived(newsroom.database)
    assert valid == Valid(
        f"derived values: those of {count} revisions are what their contents give"
    )
    async with tampering(newsroom.database) as connection:
        chosen = table.revision_id == publication.revision_id
        await connection.execute(update(table).where(chosen).values(**values))
    found = [each.words for each in await derived(newsroom.database, jobs=2)]
    (name,) = values
    expected = f"its content gives another {table.__tablename__}.{name}"
    assert found[0] == f"revision {publication.revision_id} is not valid: {expected}"


async def test_a_tree_path_that_was_changed_is_named(newsroom: Newsroom) -> None:
    topic = await newsroom.category("Topics")
    below = await newsroom.category("Below", topic)
    key = CategoryPath.category_id, CategoryPath.locale
    async with tampering(newsroom.database) as connection:
        changed = update(CategoryPath).where(tuple_(*key) == (below.id, "en"))
        await connection.execute(changed.values(path="elsewhere"))
        await connection.execute(delete(CategoryPath).where(tuple_(*key) == (topic.id, "de")))
    start, end = "is not valid: its tree path in", "; run: copydesk migrate"
    assert [each.words for each in await derived(newsroom.database)] == [
        f"category {topic.id} {start} de is missing, and should be topics{end}",
        f"category {below.id} {start} en is elsewhere, and should be topics/below{end}",
    ]


async def test_a_row_that_cannot_be_read_is_named_beside_others(newsroom: Newsroom) -> None:
    await newsroom.draft(slug="target")
    page = await newsroom.draft(slug="page", related=["/articles/target"])
    async with tampering(newsroom.database) as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("this database stores no text that is not UTF-8")
        await connection.execute(update(Account).values(disabled_at=now()))
        first = await connection.scalar(select(Account.id).order_by(Account.id).limit(1))
        for change in (
            f"update account set email = cast(x'ff' as text) where id = '{first}'",
            "update link set label = cast(x'ff' as text)",
        ):
            await connection.exec_driver_sql(change)
        count = await connection.scalar(select(func.count()).select_from(Account)) or 0
        record = await connection.scalar(
            select(AuditedRow.sequence).where(
                AuditedRow.table_name == "account", AuditedRow.key == first
            )
        )
    found = [each for each in await faults(newsroom.database) if each.startswith("account ")]
    assert len(found) == count
    assert found[0].startswith(f"account {first} is not valid: it cannot be read: ")
    assert f"; audit record {record} (account:create by operator at " in found[0]
    assert all("it was changed after audit record " in each for each in found[1:])
    start = f"revision {page.id} is not valid: it cannot be read: "
    assert any(each.startswith(start) for each in await faults(newsroom.database))


async def test_a_record_whose_row_hashes_are_gone_is_named(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        row = (await connection.execute(select(AuditedRow.__table__).limit(1))).one()
        await connection.execute(delete(AuditedRow).where(AuditedRow.sequence == row.sequence))
    found = await faults(newsroom.database)
    assert f"{row.table_name} {row.key} is not valid: no command wrote it" in found
    expected = f"audit record {row.sequence} is not valid: the hashes of its rows do not match"
    assert any(each.startswith(expected) for each in found)


async def test_hashes_of_rows_without_a_record_are_named(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        last = await connection.scalar(select(func.max(AuditRecord.sequence))) or 0
        await connection.execute(
            insert(AuditedRow).values(
                table_name="entry", key="entry_x", sequence=last + 1, version=1, salt="x", hash="x"
            )
        )
    one, other = await faults(newsroom.database)
    assert one == (
        f"audit record {last + 1} is not valid: it is missing, and there are hashes of its rows: "
        "entry entry_x"
    )
    assert other == (
        f"entry entry_x is not valid: it is missing; audit record {last + 1}, which is missing, "
        "wrote it last"
    )


async def test_an_empty_ledger_is_valid(database: Database) -> None:
    database.key_file.make()
    assert await faults(database) == []
