"""The frame of commands: facts, events, reactions, records, refusals."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from cms.access.accounts import create_account, disable_account, grant_role, revoke_role
from cms.authorization.actions import Action
from cms.authorization.actor import Grant
from cms.clock import now
from cms.content.snapshot import Changes
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import add_edition, archive_entry, duplicate_entry, unarchive_entry
from cms.drafts.presence import announce_presence, mark_seen
from cms.drafts.pruning import prune_autosaves
from cms.drafts.saving import autosave_entry, restore_revision
from cms.errors import InvalidValue, Refused
from cms.events import AccountCreated, Event
from cms.identifiers import new_id
from cms.ledger.rows import COVERED, PART_OF
from cms.review.comments import add_comment, reply_to_comment, resolve_comment
from cms.storage.database import Database
from cms.tables import Account, AuditedRow, AuditRecord, Position
from cms.taxonomy.categories import move_category
from cms.work.refusals import refusals
from cms.work.work import Desk, Work, command
from tests.builders import Newsroom

FACTS = {*COVERED, *PART_OF}
ADDRESS = "new@example.org"


async def count(newsroom: Newsroom, table: Any) -> int:
    async with newsroom.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def new_account(name: str, moment: datetime) -> Account:
    return Account(id=new_id("account"), email=f"{name}@example.org", created_at=moment)


@command(Action.ACCOUNT_CREATE)
async def write_silently(work: Work) -> None:
    """Write a fact and emit nothing."""
    await work.insert(new_account("silent", work.now))


@command(Action.ACCOUNT_CREATE)
async def do_nothing(work: Work) -> None:
    """Find that there is nothing to do."""
    work.authorise(Action.ACCOUNT_CREATE)


@command(Action.ACCOUNT_CREATE)
async def take_twice(work: Work) -> tuple[int, int]:
    """Take the position of the command twice."""
    both = await work.take_position(), await work.take_position()
    account = new_account(f"at-{both[0]}", work.now)
    await work.insert(account)
    work.emit(AccountCreated(subject=account.id))
    return both


async def test_a_command_leaves_a_record_for_each_event_and_a_hash_for_each_row(
    newsroom: Newsroom,
) -> None:
    before = await count(newsroom, AuditRecord)
    account = await newsroom.do(newsroom.administrator, create_account, ADDRESS)
    async with newsroom.database.reading() as session:
        (record,) = await session.scalars(select(AuditRecord).where(AuditRecord.sequence > before))
        (row,) = await session.scalars(
            select(AuditedRow).where(AuditedRow.sequence == record.sequence)
        )
    assert (record.action, record.subject) == (Action.ACCOUNT_CREATE, account.id)
    assert record.detail == {"event": "AccountCreated"}
    assert record.rows_root
    assert (row.table_name, row.key) == ("account", account.id)


async def test_a_command_that_did_nothing_leaves_no_record(newsroom: Newsroom) -> None:
    before = await count(newsroom, AuditRecord)
    await newsroom.do(newsroom.administrator, do_nothing)
    assert await count(newsroom, AuditRecord) == before


async def test_no_command_writes_without_an_event(newsroom: Newsroom) -> None:
    before = await count(newsroom, Account)
    with pytest.raises(RuntimeError, match="account:create wrote and emitted nothing"):
        await newsroom.do(newsroom.administrator, write_silently)
    assert await count(newsroom, Account) == before


async def test_a_command_has_one_position(newsroom: Newsroom) -> None:
    before = await count(newsroom, Position)
    first = await newsroom.do(newsroom.administrator, take_twice)
    second = await newsroom.do(newsroom.administrator, take_twice)
    assert (first, second) == ((before + 1, before + 1), (before + 2, before + 2))
    async with newsroom.database.reading() as session:
        positions = (await session.scalars(select(Position).order_by(Position.number))).all()
    assert [each.number for each in positions] == list(range(1, before + 3))
    assert len({each.nonce for each in positions}) == len(positions)


@command(Action.ACCOUNT_CREATE)
async def take_around_another(work: Work) -> tuple[int, int, int]:
    """Wait for a turn, let two other commands take positions, of which one is undone, and take."""
    work = await work.in_turn()
    inner, _ = await take_twice(work)
    with suppress(Refused):
        await take_and_refuse(work)
    account = new_account("around", work.now)
    await work.insert(account)
    work.emit(AccountCreated(subject=account.id))
    return inner, await work.take_position(), (await take_twice(work))[0]


@command(Action.ACCOUNT_CREATE)
async def take_and_refuse(work: Work) -> None:
    """Take a position, and refuse."""
    await work.take_position()
    raise Refused(InvalidValue(message="no"))


async def test_commands_in_a_command_have_positions_of_their_own(newsroom: Newsroom) -> None:
    before = await count(newsroom, Position)
    taken = await newsroom.do(newsroom.administrator, take_around_another)
    assert taken == (before + 1, before + 2, before + 3)
    after, _ = await newsroom.do(newsroom.administrator, take_twice)
    assert after == before + 4


async def test_reactions_get_the_events_in_order_and_can_undo_the_command(
    newsroom: Newsroom,
) -> None:
    seen: list[tuple[str, Sequence[Event]]] = []
    tables = (Account, AuditRecord)
    before = [await count(newsroom, table) for table in tables]

    async def watch(work: Work, events: Sequence[Event]) -> None:
        assert await work.session.scalar(select(func.count()).select_from(Account)) == before[0] + 1
        seen.append(("watch", events))

    async def refuse(work: Work, events: Sequence[Event]) -> None:
        seen.append(("refuse", events))
        raise Refused(InvalidValue(message=f"{work.actor.name} may not"))

    desk = Desk(newsroom.database, newsroom.site, (watch, refuse, watch))
    with pytest.raises(Refused):
        async with desk.work(newsroom.administrator) as work:
            await create_account(work, ADDRESS)
    assert [name for name, _ in seen] == ["watch", "refuse"]
    assert [type(each) for each in seen[0][1]] == [AccountCreated]
    assert [await count(newsroom, table) for table in tables] == before


async def test_a_refusal_is_a_line_of_the_log_and_a_count_and_no_record(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    before, counted = await count(newsroom, AuditRecord), refusals["account:create", "NOT_ALLOWED"]
    with caplog.at_level(logging.INFO, "copydesk.security"):
        assert await newsroom.codes(newsroom.author, create_account, "secret words") == [
            "NOT_ALLOWED"
        ]
    name = newsroom.author.account_id
    assert caplog.messages == [f"refused NOT_ALLOWED: account:create to {name}, subject -"]
    assert refusals["account:create", "NOT_ALLOWED"] == counted + 1
    assert await count(newsroom, AuditRecord) == before


async def test_the_tail_wakes_after_the_commit(newsroom: Newsroom) -> None:
    woken: list[int] = []
    desk = newsroom.desk
    desk.tail.wake = lambda: woken.append(1)  # type: ignore[method-assign]
    async with desk.work(newsroom.administrator) as work:
        await create_account(work, ADDRESS)
        assert woken == []
    assert woken == [1]


@contextmanager
def stray_writes(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the statements that write to facts outside of the methods of the frame."""
    stray: list[str] = []
    depth = [0]

    def inside(method: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        @wraps(method)
        async def run(*args: object, **kwargs: object) -> object:
            depth[0] += 1
            try:
                return await method(*args, **kwargs)
            finally:
                depth[0] -= 1

        return run

    for name in (
        "insert",
        "insert_parts",
        "copy_parts",
        "update",
        "update_each",
        "close",
        "delete",
    ):
        monkeypatch.setattr(Work, name, inside(getattr(Work, name)))

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        verb, *words = statement.lower().replace('"', " ").split()
        table = "".join(words[:1] if verb == "update" else words[1:2])
        if verb in {"insert", "update", "delete"} and table in FACTS and not depth[0]:
            stray.append(statement)

    engine = database.engine.sync_engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", listen)
    yield stray
    sqlalchemy_event.remove(engine, "before_cursor_execute", listen)


async def test_commands_write_facts_only_through_the_frame(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom.database.transaction() as session:
        session.add(new_account("stray", now()))
        with stray_writes(newsroom.database, monkeypatch) as stray:
            await session.flush()
        assert len(stray) == 1  # so the listener hears what it should
    with stray_writes(newsroom.database, monkeypatch) as stray:
        await do_all_kinds_of_things(newsroom)
    assert stray == []


async def do_all_kinds_of_things(newsroom: Newsroom) -> None:
    """Run commands of every room."""
    author, administrator = newsroom.author, newsroom.administrator
    topic, below = await newsroom.category("Topic"), await newsroom.category("Below")
    await newsroom.do(administrator, move_category, below.id, parent_id=topic.id, ordinal=0)
    publication = await newsroom.published(slug="page")
    await newsroom.unpublish(publication)
    head = await newsroom.draft(slug="draft", related=["/articles/page"])
    entry_id = await newsroom.entry_id(head)
    async with newsroom.as_(author) as work:
        typed = await autosave_entry(work, entry_id, Changes(title="A"), base_revision=head.id)
        again = await autosave_entry(
            work, entry_id, Changes(title="B"), base_revision=typed.revision.id
        )
        await restore_revision(work, entry_id, head.id, base_revision=again.revision.id)
        comment = await add_comment(work, entry_id, "Well?")
        await reply_to_comment(work, comment.id, "Well.")
        await resolve_comment(work, comment.id)
        await reply_to_comment(work, comment.id, "Really?")
        await mark_seen(work, entry_id, revision_id=head.id)
        await announce_presence(work, entry_id)
        await add_edition(work, entry_id, "de")
        copy = await duplicate_entry(work, entry_id)
        await delete_entry(work, copy.entry_id)
    async with newsroom.as_(administrator) as work:
        await prune_autosaves(work, entry_id, older_than=timedelta(0))
        await archive_entry(work, entry_id)
        await unarchive_entry(work, entry_id)
        grant = await grant_role(work, str(author.account_id), Grant(role="viewer"))
        await revoke_role(work, grant.id)
        await disable_account(work, str(author.account_id))
