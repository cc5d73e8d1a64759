"""A snapshot answers questions and runs no commands; a transaction does both."""

from __future__ import annotations

import pytest

from cms.access.accounts import find_account
from cms.drafts.history import blame_entry
from cms.drafts.loading import look_at
from cms.search.indexing import rebuild_search
from cms.storage.database import ReadSession, WriteSession
from cms.taxonomy.categories import create_tag
from cms.work.work import begin_reading
from tests.builders import Newsroom, entry_id_of
from tests.sites import SITE

# A `type: ignore` that ignores nothing is an error of its own, so those below are promises of the
# type checker as well.


async def test_a_command_takes_a_transaction(newsroom: Newsroom) -> None:
    async with begin_reading(newsroom.database, SITE, newsroom.administrator) as reading:
        with pytest.raises(TypeError):
            await create_tag(reading, "Word")  # type: ignore[arg-type]


async def test_a_function_that_writes_takes_no_snapshot(newsroom: Newsroom) -> None:
    async with newsroom.database.reading() as session:
        writable: WriteSession = session  # type: ignore[assignment]
        assert type(writable) is ReadSession
        with pytest.raises(Exception, match=r"read-?only"):
            await rebuild_search(session, SITE)  # type: ignore[arg-type]


async def test_questions_can_be_asked_in_a_snapshot_and_in_a_transaction(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft(title="T")
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        before = await blame_entry(work, entry_id, None)
        assert await find_account(work.session, "ada.author@example.org") is not None
    async with begin_reading(newsroom.database, SITE, newsroom.author) as reading:
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
        assert other.about is not work.about
