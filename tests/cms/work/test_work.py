"""A snapshot answers questions and runs no commands; a transaction does both."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cms.access.accounts import create_account, find_account
from cms.content.snapshot import Changes
from cms.drafts.entries import add_edition, create_entry, duplicate_entry
from cms.drafts.history import blame_entry
from cms.drafts.loading import look_at
from cms.drafts.saving import autosave_entry, restore_revision, save_draft, update_entry
from cms.search.word_counts import recount_words
from cms.storage.database import ReadSession, WriteSession
from cms.tables import AuditRecord
from tests.builders import Newsroom, draft_of, entry_id_of

# A `type: ignore` that ignores nothing is an error of its own, so those below are promises of the
# type checker as well.


async def test_a_command_takes_a_transaction(newsroom: Newsroom) -> None:
    async with newsroom.desk.reading(newsroom.administrator) as reading:
        with pytest.raises(TypeError):
            await create_account(reading, "new@example.org")  # type: ignore[arg-type]


async def test_a_function_that_writes_takes_no_snapshot(newsroom: Newsroom) -> None:
    async with newsroom.database.reading() as session:
        writable: WriteSession = session  # type: ignore[assignment]
        assert type(writable) is ReadSession
        with pytest.raises(Exception, match=r"read-?only"):
            await recount_words(session)  # type: ignore[arg-type]


async def test_questions_can_be_asked_in_a_snapshot_and_in_a_transaction(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft(title="T")
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        before = await blame_entry(work, entry_id, None)
        assert await find_account(work.session, "ada.author@example.org") is not None
    async with newsroom.desk.reading(newsroom.author) as reading:
        assert (await look_at(reading, entry_id, None)).head.id == head.id
        assert await blame_entry(reading, entry_id, None) == before
        assert await find_account(reading.session, "ada.author@example.org") is not None


async def test_what_others_do_in_the_same_transaction_has_a_record_of_its_own(
    newsroom: Newsroom,
) -> None:
    async with newsroom.as_(newsroom.author) as work:
        other = work.by(newsroom.administrator)
        assert (other.session, other.now, other.is_present) == (work.session, work.now, True)
        assert other.actor == newsroom.administrator


async def test_the_record_of_what_was_saved_names_the_revision_and_the_entry(
    newsroom: Newsroom,
) -> None:
    async with newsroom.as_(newsroom.author) as work:
        draft, changes = draft_of(title="One", slug="page"), Changes(title="Two")
        first = await create_entry(work, "Article", draft)
        entry, base = first.entry_id, first.revision.id
        second = await update_entry(work, entry, changes, base_revision=base)
        typed = await autosave_entry(
            work, entry, Changes(title="Three"), base_revision=second.revision.id
        )
        third = await save_draft(work, entry, draft, base_revision=typed.revision.id)
        back = await restore_revision(
            work, entry, second.revision.id, base_revision=third.revision.id
        )
        copy = await duplicate_entry(work, entry)
        german = await add_edition(work, entry, "de")
        done = [first, second, typed, third, back, copy, german]
        records = await work.session.scalars(
            select(AuditRecord).order_by(AuditRecord.sequence.desc()).limit(len(done))
        )
        locales = ["en"] * 6 + ["de"]
        assert [
            (each.subject, each.detail["entry"], each.detail["locale"])
            for each in reversed(records.all())
        ] == [(each.revision.id, each.entry_id, at) for each, at in zip(done, locales, strict=True)]
        assert {each.entry_id for each in done} == {entry, copy.entry_id}
