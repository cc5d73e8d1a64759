"""Who has seen what, and who is here now."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from cms.authorization.actor import ANONYMOUS, OPERATOR, Grant
from cms.clock import now
from cms.drafts.history import changes_since_look
from cms.drafts.presence import announce_presence, leave_entry, mark_seen, present_in
from cms.tables import AuditRecord, Presence
from tests.builders import Newsroom

SECOND = timedelta(seconds=1)


async def test_one_looks_at_a_revision_of_the_entry(newsroom: Newsroom) -> None:
    head, other = await newsroom.draft(title="One"), await newsroom.draft(title="Other")
    entry_id = await newsroom.entry_id(head)
    for revision_id in (other.id, "rev_" + "0" * 26, "x"):
        assert await newsroom.codes(
            newsroom.author,
            mark_seen,
            entry_id,
            revision_id=revision_id,
        ) == ["NOT_FOUND"]
    for actor, code in ((ANONYMOUS, "NOT_FOUND"), (OPERATOR, "NOT_ALLOWED")):
        assert await newsroom.codes(actor, mark_seen, entry_id, revision_id=head.id) == [code]


async def test_others_see_who_is_here_for_a_minute(newsroom: Newsroom) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft())
    first, second = newsroom.author, newsroom.second_author
    start = now()

    async def here(seconds: int) -> set[tuple[str, str | None]]:
        moment = start + seconds * SECOND
        return set(await newsroom.do_at(moment, newsroom.reviewers[0], present_in, entry_id, None))

    assert await here(0) == set()
    await newsroom.do_at(start, first, announce_presence, entry_id, field_path="title")
    await newsroom.do_at(start + 30 * SECOND, second, announce_presence, entry_id)
    assert await here(59) == {(first.account_id, "title"), (second.account_id, None)}
    assert await here(61) == {(second.account_id, None)}
    then = start + 62 * SECOND
    await newsroom.do_at(then, first, announce_presence, entry_id, field_path="fields/body")
    assert await here(63) == {(first.account_id, "fields/body"), (second.account_id, None)}
    await newsroom.do(second, leave_entry, entry_id)
    assert await here(63) == {(first.account_id, "fields/body")}
    # Who has gone without a word is forgotten when somebody else comes.
    await newsroom.do_at(start + 600 * SECOND, second, announce_presence, entry_id)
    async with newsroom.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Presence)) == 1


async def test_presence_is_of_one_edition(newsroom: Newsroom) -> None:
    one = await newsroom.entry_id(await newsroom.draft(title="One"))
    two = await newsroom.entry_id(await newsroom.draft(title="Two"))
    await newsroom.do(newsroom.author, announce_presence, one)
    await newsroom.do(newsroom.author, leave_entry, two)
    for entry_id, count in ((one, 1), (two, 0)):
        found = await newsroom.do(newsroom.author, present_in, entry_id, None)
        assert len(found) == count


async def test_looking_is_no_part_of_the_record(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)

    async def records() -> int:
        async with newsroom.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(AuditRecord)) or 0

    before = await records()
    viewer = newsroom.reviewers[0]
    await newsroom.do(viewer, mark_seen, entry_id, revision_id=head.id)
    await newsroom.do(viewer, announce_presence, entry_id)
    await newsroom.do(viewer, leave_entry, entry_id)
    assert await records() == before


async def test_nobody_is_present_where_they_see_nothing(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="viewer", category_id=mine.id))
    head = await newsroom.draft(category=theirs)
    entry_id = await newsroom.entry_id(head)
    for attempt in (
        lambda work: announce_presence(work, entry_id),
        lambda work: present_in(work, entry_id, None),
        lambda work: mark_seen(work, entry_id, revision_id=head.id),
        lambda work: changes_since_look(work, entry_id, None),
        lambda work: leave_entry(work, entry_id),
    ):
        assert await newsroom.codes(limited, attempt) == ["NOT_FOUND"]
