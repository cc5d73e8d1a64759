"""What cannot be purged is refused beforehand, with what to do, and nothing is emptied."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from cms.authorization.actor import OPERATOR
from cms.drafts.saving import update_entry
from cms.errors import Refused
from cms.identifiers import new_id
from cms.publishing.redirects import create_redirect
from cms.purging.purging import plan_purge, purge_words
from cms.review.comments import add_comment
from cms.review.sign_offs import sign_off
from cms.tables import Edition, Purge, Revision, Tombstone
from tests.builders import Newsroom, changes_of
from tests.cms.purging.test_purging import purge
from tests.statements import until_one_waits

REASON = "A request."


@pytest.mark.parametrize("key", ["", "Jane", "grant_1", "token_01m8meh0vt1245zqezpqec74hz"])
async def test_a_key_of_no_known_kind_is_refused(newsroom: Newsroom, key: str) -> None:
    (error,) = await newsroom.refusal(OPERATOR, purge_words, [key], reason=REASON)
    assert (error.code, error.path) == ("NOT_FOUND", ("keys", 0))
    assert "these kinds: account_…, address_…, cat_…" in error.message


@pytest.mark.parametrize("kind", ["entry", "person", "rev", "account", "comment", "edition"])
async def test_an_unknown_key_is_refused(newsroom: Newsroom, kind: str) -> None:
    key = new_id(kind)  # type: ignore[arg-type]
    (error,) = await newsroom.refusal(OPERATOR, purge_words, [key], reason=REASON)
    assert error.code == "NOT_FOUND"
    assert repr(key) in error.message


async def test_no_key_and_no_reason_are_refused(newsroom: Newsroom) -> None:
    assert await newsroom.codes(OPERATOR, purge_words, [], reason=REASON) == ["INVALID_VALUE"]
    key = str(newsroom.author.account_id)
    (error,) = await newsroom.refusal(OPERATOR, purge_words, [key], reason="  ")
    assert (error.code, error.path) == ("INVALID_VALUE", ("reason",))


async def test_all_reasons_come_at_once(newsroom: Newsroom) -> None:
    live = await newsroom.published(slug="page")
    keys = [live.entry_id, live.edition_id, live.revision_id, new_id("entry")]
    errors = await newsroom.refusal(OPERATOR, purge_words, keys, reason=REASON)
    assert [(each.code, each.path[1]) for each in errors] == [
        ("STILL_PUBLIC", 0),
        ("STILL_PUBLIC", 1),
        ("STILL_PUBLIC", 2),
        ("INVALID_VALUE", 2),
        ("NOT_FOUND", 3),
    ]
    async with newsroom.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Tombstone)) == 0
        assert await session.scalar(select(func.count()).select_from(Purge)) == 0
        assert (await session.get_one(Revision, live.revision_id)).title == "A title"


async def test_what_is_public_in_another_language_is_refused(newsroom: Newsroom) -> None:
    live = await newsroom.published(slug="page")
    async with newsroom.database.reading() as session:
        head = await session.get_one(Revision, live.revision_id)
    german = await newsroom.translate(head, "de", title="Seite", slug="seite")
    await newsroom.publish(german, locale="de")
    await newsroom.unpublish(live)
    (error,) = await newsroom.refusal(OPERATOR, purge_words, [live.entry_id], reason=REASON)
    assert error.message == f"{live.entry_id} is public in de; unpublish it first"
    await purge(newsroom, live.edition_id)
    async with newsroom.database.reading() as session:
        assert (await session.get_one(Revision, german.id)).title == "Seite"


async def test_the_newest_revision_is_refused(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    (error,) = await newsroom.refusal(OPERATOR, purge_words, [head.id], reason=REASON)
    assert error.code == "INVALID_VALUE"
    assert "save another one without the words first, or purge the entry" in error.message


async def test_a_redirect_in_force_is_refused(newsroom: Newsroom) -> None:
    live = await newsroom.published(slug="page")
    redirect = await newsroom.do(newsroom.publisher, create_redirect, "/old", live.entry_id)
    await newsroom.unpublish(live)
    for key in (live.entry_id, redirect.id):
        codes = await newsroom.codes(OPERATOR, purge_words, [key], reason=REASON)
        assert codes == ["STILL_PUBLIC"]


async def test_purging_twice_is_refused(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="page")
    newer = await newsroom.update(head, title="Newer")
    await purge(newsroom, head.id)
    (error,) = await newsroom.refusal(OPERATOR, purge_words, [head.id], reason=REASON)
    assert (error.code, error.message) == (
        "PURGED",
        f"there are no words left to purge of {head.id}",
    )
    entry_id = await newsroom.entry_id(newer)
    await purge(newsroom, entry_id)  # the rest
    assert await newsroom.codes(OPERATOR, purge_words, [entry_id], reason=REASON) == ["PURGED"]


async def test_no_account_may_purge_or_ask_for_it(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    key = await newsroom.entry_id(head)
    administrator = newsroom.administrator
    assert await newsroom.codes(administrator, purge_words, [key], reason=REASON) == ["NOT_ALLOWED"]
    with pytest.raises(Refused, match="for the operator"):
        async with newsroom.desk.reading(administrator) as reading:
            await plan_purge(reading, [key])


async def test_an_entry_that_was_never_public_takes_no_position(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    assert (await purge(newsroom, await newsroom.entry_id(head))).position is None
    live = await newsroom.published(slug="page")
    await newsroom.unpublish(live)
    assert (await purge(newsroom, live.entry_id)).position is not None


async def test_the_head_of_a_purged_edition_is_no_base(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    async with newsroom.database.reading() as session:
        edition_id = await session.scalar(select(Edition.id).where(Edition.entry_id == entry_id))
    await purge(newsroom, str(edition_id))
    codes = await newsroom.codes(
        newsroom.author, update_entry, entry_id, changes_of(title="X"), base_revision=head.id
    )
    assert codes == ["PURGED"]


async def test_what_is_written_meanwhile_is_refused(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    async with newsroom.as_(OPERATOR) as work:
        await purge_words(work, [entry_id], reason=REASON)
        commented = asyncio.create_task(
            newsroom.codes(newsroom.author, add_comment, entry_id, "Too late.")
        )
        saved = asyncio.create_task(
            newsroom.codes(
                newsroom.author,
                update_entry,
                entry_id,
                changes_of(title="Too late"),
                base_revision=head.id,
            )
        )
    assert await commented == await saved == ["PURGED"]


async def test_a_command_that_has_waited_for_a_purge_sees_no_purged_word(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft(body="Words to be gone.")
    entry_id = await newsroom.entry_id(head)
    async with newsroom.database.reading() as session:
        edition_id = await session.scalar(select(Edition.id).where(Edition.entry_id == entry_id))
    async with newsroom.as_(OPERATOR) as work:
        await purge_words(work, [str(edition_id)], reason=REASON)
        saved = asyncio.create_task(
            newsroom.codes(
                newsroom.author,
                update_entry,
                entry_id,
                changes_of(title="Too late"),
                base_revision=head.id,
            )
        )
        await until_one_waits(work.session)
    assert await saved == ["PURGED"]


async def test_what_was_purged_is_not_signed_off(newsroom: Newsroom) -> None:
    first = await newsroom.draft(title="One")
    await newsroom.ask(await newsroom.save(first, title="Two"))
    await purge(newsroom, first.id)
    entry_id = await newsroom.entry_id(first)
    reviewer = newsroom.reviewers[0]
    assert await newsroom.codes(reviewer, sign_off, entry_id, digest=first.digest) == ["PURGED"]
