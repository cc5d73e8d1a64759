"""An account is erased: no address of it is left, and what it signed still counts as it did."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from cms.access.accounts import enable_account, find_account
from cms.access.tokens import issue_token
from cms.authorization.actions import Action
from cms.authorization.actor import OPERATOR, Actor
from cms.drafts.presence import announce_presence, mark_seen
from cms.purging.purging import purge_words, with_bylines
from cms.review.comments import add_comment
from cms.review.invalidation import invalidate_sign_offs
from cms.tables import (
    Account,
    AuditRecord,
    Look,
    Presence,
    PublicationSignOff,
    Revision,
    SignOff,
    Throttle,
    Token,
)
from tests.builders import FOUNDED, Newsroom, entry_id_of
from tests.cms.purging.test_purging import every_fault, open_publications, purge
from tests.dumps import bytes_of, words_in
from tests.rewording import reword
from tests.signing_in import EMAIL, enter, failure, give_password

WORDS = [EMAIL, "Zqtoken", "Zqtaken"]


async def _work_as(newsroom: Newsroom, author: Actor) -> None:
    """Have an account sign in, fail to, issue tokens, and have an edition open."""
    await give_password(newsroom, author)
    await enter(newsroom)
    await failure(newsroom, EMAIL, "wrong")
    head = await newsroom.draft(title="Work", slug="work")
    async with newsroom.as_(author) as work:
        await issue_token(work, "Zqtoken", scopes=None, valid_for=timedelta(days=1))
        entry_id = await entry_id_of(work, head)
        await announce_presence(work, entry_id)
        await mark_seen(work, entry_id, revision_id=head.id)
    await newsroom.do(
        newsroom.administrator,
        invalidate_sign_offs,
        str(author.account_id),
        since=FOUNDED,
        reason="Zqtaken",
    )


async def test_no_address_of_a_purged_account_is_left(newsroom: Newsroom) -> None:
    account_id = str(newsroom.author.account_id)
    await _work_as(newsroom, newsroom.author)
    before = await bytes_of(newsroom.database)
    assert words_in(before, WORDS) == WORDS
    await purge(newsroom, account_id)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), WORDS) == []
    assert await every_fault(newsroom) == []
    async with newsroom.database.reading() as session:
        row = await session.get_one(Account, account_id)
        assert (row.email, row.password_hash) == (account_id, None)
        assert row.purged_at is not None
        assert row.disabled_at is not None
        assert row.person_id == newsroom.author.person_id
        for table in (Look, Presence):
            rows = await session.scalars(select(table).where(table.account_id == account_id))
            assert list(rows) == []
        # What is counted for the network alone, whoever signs in from it, is forgotten later.
        names = await session.scalars(select(Throttle.name))
        assert [each for each in names if not each.startswith("network:")] == []
        begun = await session.scalars(
            select(AuditRecord.detail).where(AuditRecord.action == Action.SESSION_BEGIN)
        )
        assert list(begun) == [{"event": "SessionBegun"}]


async def test_a_purged_account_cannot_sign_in_and_is_not_enabled(newsroom: Newsroom) -> None:
    account_id = str(newsroom.author.account_id)
    await give_password(newsroom, newsroom.author)
    signed_in = await enter(newsroom)
    await purge(newsroom, account_id)
    for email in (EMAIL, account_id):
        error = await failure(newsroom, email=email)
        assert error is not None
        assert error.code == "SIGN_IN_FAILED"
    async with newsroom.database.reading() as session:
        assert await find_account(session, EMAIL) is None
        tokens = await session.scalars(select(Token).where(Token.account_id == account_id))
        assert all(each.revoked_at is not None for each in tokens)
    assert signed_in.account_id == account_id
    administrator = newsroom.administrator
    assert await newsroom.codes(administrator, enable_account, account_id) == ["PURGED"]


async def test_a_new_account_can_have_the_address(newsroom: Newsroom) -> None:
    await purge(newsroom, str(newsroom.author.account_id))
    again = await newsroom.person("Ada Author", byline=False)
    async with newsroom.database.reading() as session:
        assert (await session.get_one(Account, again.account_id)).email == EMAIL


async def test_sign_offs_end_and_a_public_page_keeps_its_reviewer(newsroom: Newsroom) -> None:
    live = await newsroom.published(slug="page")
    waiting = await newsroom.draft(slug="waiting")
    await newsroom.ask(waiting)
    await newsroom.sign(waiting)
    account_id = str(newsroom.reviewers[0].account_id)
    await purge(newsroom, account_id)
    async with newsroom.database.reading() as session:
        own = select(SignOff).where(SignOff.account_id == account_id)
        assert {each.end_cause for each in await session.scalars(own)} == {"account_disabled"}
        counted = select(PublicationSignOff).where(PublicationSignOff.publication_id == live.id)
        assert [each.ended_at for each in await session.scalars(counted)] == [None]
    assert await every_fault(newsroom) == []


async def test_the_work_of_a_purged_account_stays(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Work", slug="work")
    await newsroom.do(newsroom.author, add_comment, await newsroom.entry_id(head), "A thought.")
    await purge(newsroom, str(newsroom.author.account_id))
    async with newsroom.database.reading() as session:
        assert (await session.get_one(Revision, head.id)).title == "Work"


async def test_the_last_administrator_is_not_purged(newsroom: Newsroom) -> None:
    account_id = str(newsroom.administrator.account_id)
    assert await newsroom.codes(OPERATOR, purge_words, [account_id], reason="A request.") == [
        "INVALID_VALUE"
    ]
    async with newsroom.database.reading() as session:
        assert (await session.get_one(Account, account_id)).disabled_at is None


async def test_a_byline_is_purged_with_its_account_once_no_page_shows_it(
    newsroom: Newsroom,
) -> None:
    author = newsroom.second_author
    account_id, person_id = str(author.account_id), str(author.person_id)
    async with newsroom.database.reading() as session:
        keys = await with_bylines(session, [account_id])
    assert keys == [account_id, person_id]
    refused = await newsroom.refusal(OPERATOR, purge_words, keys, reason="A request.")
    assert [(each.code, each.path) for each in refused] == [("STILL_PUBLIC", ("keys", 1))]
    (live,) = await open_publications(newsroom, person_id)
    await newsroom.unpublish(live)
    words = ["Abe Author", "abe-author", "abe.author@example.org"]
    assert words_in(await bytes_of(newsroom.database), words) == words
    await purge(newsroom, *keys)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), words) == []
    assert await every_fault(newsroom) == []


async def test_a_byline_that_pages_show_gets_another_name_first(newsroom: Newsroom) -> None:
    person_id = str(newsroom.author.person_id)
    await newsroom.published(slug="page")
    (named,) = await open_publications(newsroom, person_id)
    await reword(newsroom, person_id, title="A former author", slug="former-author")
    await purge(newsroom, named.revision_id, str(newsroom.author.account_id))
    await newsroom.database.erase_deleted()
    words = ["Ada Author", "ada-author", EMAIL]
    assert words_in(await bytes_of(newsroom.database), words) == []
    assert await every_fault(newsroom) == []
