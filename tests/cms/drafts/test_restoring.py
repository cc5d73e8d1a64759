"""Restoring a revision brings back its content, and with it the sign-offs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cms.content import snapshot
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown, Text
from cms.drafts.loading import look_at
from cms.drafts.saving import restore_revision, save_draft
from cms.publishing.publishing import publish_entry
from cms.site import Site
from cms.tables import Link, Revision, RevisionTag
from tests.builders import Newsroom
from tests.sites import SITE, URLS, Note, Snippet


def later_site() -> Site:
    """Return the site as a later release declares it: an article has fewer and stricter fields."""

    class Article(ContentType, path="/articles/{slug}"):
        """Has few fields."""

        body = Markdown(required=True)
        subtitle = Text(longest=3)
        related = Links("Related", to=("Note",))

    return Site(SITE.name, content_types=(Article, Note, Snippet), locales=SITE.locales, url=URLS)


async def test_restoring_resolves_nothing_though_a_path_leads_elsewhere_by_now(
    newsroom: Newsroom,
) -> None:
    target = await newsroom.published(title="Target", slug="target")
    category = await newsroom.category("Category")
    first = await newsroom.draft(
        title="One",
        slug="page",
        tags=["Tag"],
        category=category,
        body="See [it](/articles/target) and [none](/articles/none).",
        related=["/articles/target"],
    )
    await newsroom.review(first)
    second = await newsroom.save(first, title="Two", slug="page")
    # The target moves, and others take its path and the one that led nowhere.
    moved = await newsroom.save(await head_of(newsroom, target.entry_id), title="T", slug="moved")
    await newsroom.publish(moved)
    await newsroom.published(title="Another", slug="target")
    await newsroom.published(title="None", slug="none")
    entry_id = await newsroom.entry_id(first)
    saved = await newsroom.do(
        newsroom.author, restore_revision, entry_id, first.id, base_revision=second.id
    )
    restored = saved.revision
    assert restored.digest == first.digest
    assert await parts_of(newsroom, restored) == await parts_of(newsroom, first)
    again, before = await newsroom.rendition(restored), await newsroom.rendition(first)
    assert (again.rendered, again.anchors) == (before.rendered, before.anchors)
    targets = [target_id for *_, target_id in (await parts_of(newsroom, restored))[0]]
    assert targets == [target.entry_id, None, target.entry_id]
    # Saving the same words resolves again, so it is another digest.
    draft = snapshot.draft_of(newsroom.site.content_type("Article"), restored.content)
    resolved = await newsroom.do(
        newsroom.author, save_draft, entry_id, draft, base_revision=restored.id
    )
    assert resolved.revision.digest != first.digest


async def test_restoring_cleans_nothing_though_the_type_has_changed(newsroom: Newsroom) -> None:
    other = await newsroom.published(title="Other", slug="other")
    first = await newsroom.draft(
        title="One",
        slug="page",
        body="# Top",
        subtitle="Longer than three",
        rating=4,
        related=["/articles/other"],
    )
    await newsroom.review(first)
    second = await newsroom.save(first, title="Two", slug="page")
    later = Newsroom(newsroom.database, later_site())
    entry_id = await newsroom.entry_id(first)
    saved = await later.do(
        newsroom.author, restore_revision, entry_id, first.id, base_revision=second.id
    )
    restored = saved.revision
    assert (restored.digest, restored.content) == (first.digest, first.content)
    rendition = await newsroom.rendition(restored)
    assert sorted(rendition.rendered) == ["body", "related", "subtitle"]
    assert rendition.anchors == ["top"]
    links, _ = await parts_of(newsroom, restored)
    assert [target_id for *_, target_id in links] == [other.entry_id]
    # What was signed off is signed off.
    publication = await later.do(
        newsroom.publisher, publish_entry, entry_id, revision_id=restored.id
    )
    assert publication.revision_id == restored.id


async def head_of(newsroom: Newsroom, entry_id: str) -> Revision:
    """Return the newest revision of an entry."""
    async with newsroom.desk.reading(newsroom.author) as reading:
        return (await look_at(reading, entry_id, None)).head


async def parts_of(newsroom: Newsroom, revision: Revision) -> tuple[list[Any], list[Any]]:
    """Return the links and the tags of a revision."""
    columns = [each for each in Link.__table__.c if each.name not in {"revision_id", "target_id"}]
    links = select(*columns, Link.target_id).where(Link.revision_id == revision.id)
    tags = select(RevisionTag.word).where(RevisionTag.revision_id == revision.id)
    async with newsroom.database.reading() as session:
        found = await session.execute(links.order_by(Link.field_path, Link.ordinal))
        return [tuple(row) for row in found], list(await session.scalars(tags))
