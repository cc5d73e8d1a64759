"""What has changed since one looked."""

from __future__ import annotations

from sqlalchemy import func, select

from cms.authorization.actor import Actor
from cms.comparison.difference import Difference
from cms.drafts.history import changes_since_look
from cms.drafts.presence import mark_seen
from cms.tables import Look, Revision
from tests.builders import Newsroom


async def look(newsroom: Newsroom, actor: Actor, entry_id: str, head: Revision) -> None:
    await newsroom.do(actor, mark_seen, entry_id, revision_id=head.id)


async def changes(newsroom: Newsroom, actor: Actor, entry_id: str) -> Difference | None:
    return await newsroom.do(actor, changes_since_look, entry_id, None)


async def test_one_sees_what_has_changed_since_one_looked(newsroom: Newsroom) -> None:
    reader, other = newsroom.reviewers[:2]
    head = await newsroom.draft(title="One", body="Old words.")
    entry_id = await newsroom.entry_id(head)
    assert await changes(newsroom, reader, entry_id) is None
    await look(newsroom, reader, entry_id, head)
    found = await changes(newsroom, reader, entry_id)
    assert found is not None
    assert found.is_empty
    edited = await newsroom.update(head, title="Two")
    latest = await newsroom.update(edited, body="New words.")
    found = await changes(newsroom, reader, entry_id)
    assert found is not None
    assert [each.path for each in found.changes] == [("title",), ("fields", "body")]
    await look(newsroom, reader, entry_id, edited)
    found = await changes(newsroom, reader, entry_id)
    assert found is not None
    assert [each.path for each in found.changes] == [("fields", "body")]
    await look(newsroom, reader, entry_id, latest)
    found = await changes(newsroom, reader, entry_id)
    assert found is not None
    assert found.is_empty
    assert await changes(newsroom, other, entry_id) is None
    async with newsroom.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Look)) == 1


async def test_an_autosave_that_is_gone_leaves_the_revision_before_it(newsroom: Newsroom) -> None:
    reader = newsroom.reviewers[0]
    head = await newsroom.draft(title="One", body="Words.")
    entry_id = await newsroom.entry_id(head)
    typed = await newsroom.autosave(head, title="Tw")
    await look(newsroom, reader, entry_id, typed)
    await newsroom.autosave(typed, title="Two")
    found = await changes(newsroom, reader, entry_id)
    assert found is not None
    assert [(each.path, each.old, each.new) for each in found.changes] == [
        (("title",), "One", "Two")
    ]
