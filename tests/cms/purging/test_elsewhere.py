"""Words that a purge leaves in other places are named beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from cms.authorization.actor import OPERATOR
from cms.drafts.saving import restore_revision
from cms.purging.elsewhere import Elsewhere
from cms.purging.purging import plan_purge
from cms.review.comments import add_comment
from tests.builders import Newsroom
from tests.signing_in import EMAIL


async def _left_by(newsroom: Newsroom, *keys: str) -> Sequence[Elsewhere]:
    async with newsroom.desk.reading(OPERATOR) as reading:
        return (await plan_purge(reading, keys)).elsewhere


async def test_rows_that_quote_an_address_are_named(newsroom: Newsroom) -> None:
    head = await newsroom.draft(body=f"Write to {EMAIL.title()}.")
    entry_id = await newsroom.entry_id(head)
    comment = await newsroom.do(newsroom.author, add_comment, entry_id, f"Is {EMAIL} right?")
    found = await _left_by(newsroom, str(newsroom.author.account_id))
    assert {(each.table, each.key) for each in found if each.table != "search_document"} == {
        ("comment", comment.id),
        ("revision", head.id),
        ("rendition", head.id),
        ("link", f"{head.id} body {0:019}"),  # a bare address is a link
    }


async def test_entries_that_link_to_a_purged_one_are_named(newsroom: Newsroom) -> None:
    target = await newsroom.published(title="Target", slug="target")
    source = await newsroom.draft(slug="source", related=["/articles/target"])
    await newsroom.unpublish(target)
    (place,) = await _left_by(newsroom, target.entry_id)
    assert place == Elsewhere(
        "entry", await newsroom.entry_id(source), f"links to {target.entry_id}"
    )


async def test_revisions_with_the_same_content_are_named(newsroom: Newsroom) -> None:
    first = await newsroom.draft(slug="page", title="First")
    second = await newsroom.update(first, title="Second")
    entry_id = await newsroom.entry_id(first)
    async with newsroom.as_(newsroom.author) as work:
        restored = await restore_revision(work, entry_id, first.id, base_revision=second.id)
    (place,) = await _left_by(newsroom, first.id)
    assert place == Elsewhere(
        "revision", restored.revision.id, f"has the same content as {first.id}"
    )
    assert await _left_by(newsroom, entry_id) == []
