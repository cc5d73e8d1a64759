"""Locales that are removed, and another default locale."""

from __future__ import annotations

from typing import Any

from cms.content.snapshot import Draft
from cms.drafts.entries import add_edition
from cms.drafts.saving import save_draft
from cms.publishing.publishing import publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.tables import Revision
from tests.cms.type_versions.scene import STATES, Scene, content_type, site_of

VALUES = {"body": "Some *text*."}


def site(*locales: str, **more: Any) -> Site:
    """Return a site of articles in locales."""
    articles = content_type("Article", "/{locale}/articles/{slug}")
    topics = content_type("Topic", "/{locale}/topics/{slug}")
    return site_of(topics, articles, locales=locales, **more)


async def translated(scene: Scene, title: str) -> Revision:
    """Translate an entry into German, and return the revision."""
    newsroom, entry_id = scene.newsroom, scene.entries[title]
    slug = f"{title.lower()}-de"
    draft = Draft(title=f"{title} de", slug=slug, fields={"body": "Ein *Text*."})
    async with newsroom.as_(newsroom.author) as work:
        begun = await add_edition(work, entry_id, "de")
        base = begun.revision.id
        saved = await save_draft(work, entry_id, draft, base_revision=base, locale="de")
    return saved.revision


async def published(scene: Scene, title: str) -> None:
    """Translate an entry into German, and publish it."""
    newsroom, entry_id = scene.newsroom, scene.entries[title]
    head = await translated(scene, title)
    async with newsroom.as_(newsroom.author) as work:
        await request_review(work, entry_id, base_revision=head.id, locale="de")
    async with newsroom.as_(newsroom.reviewers[0]) as work:
        await sign_off(work, entry_id, digest=head.digest, locale="de")
    async with newsroom.as_(newsroom.publisher) as work:
        await publish_entry(work, entry_id, revision_id=head.id, locale="de")


async def test_a_locale_is_removed_once_nothing_is_public_in_it(scene: Scene) -> None:
    await scene.opened(site("en", "de"), VALUES)
    newsroom = scene.newsroom
    await published(scene, "Public")
    await translated(scene, "Draft")
    (problem,) = await scene.problems(site("en"))
    assert problem.place == "de"
    assert scene.titles(problem) == {"Public"}
    assert "unpublish --locale de" in problem.remedy
    await newsroom.do(newsroom.publisher, unpublish_entry, scene.entries["Public"], locale="de")
    report = await scene.migrated(site("en"))
    assert report.notices == ["2 drafts in de are kept, and not seen"]
    asked = """{ route(path: "/de/articles/public-de") { __typename } entries { totalCount } }"""
    seen = await scene.api.data(asked)
    assert seen["entries"] == {"totalCount": 2}
    assert seen["route"]["__typename"] == "GoneRoute"
    await scene.rest_of_sync()
    await scene.can_be_edited()
    # It comes back with what was kept.
    await scene.migrated(site("en", "de"))
    desk = scene.desk
    asked = """query($id: ID!) @view(locale: DE) { entry(by: {id: $id}) { title locale } }"""
    seen = await desk.data(newsroom.author, asked, id=scene.entries["Draft"])
    assert seen == {"entry": {"title": "Draft de", "locale": "DE"}}


async def test_the_default_locale_changes_once_readers_would_see_everything(scene: Scene) -> None:
    await scene.opened(site("en", "de"), VALUES)
    await published(scene, "Public")
    problems = await scene.problems(site("de", "en"))
    (hidden,) = [each for each in problems if "default locale" in each.reason]
    assert scene.titles(hidden) == {"Edited"}
    assert "fallbacks={'de': ['en']}" in hidden.remedy
    report = await scene.migrated(site("de", "en", fallbacks={"de": ["en"]}))
    assert any("name the locale to edit them" in each for each in report.notices)
    seen = await scene.api.data("{ entries { totalCount nodes { title } } }")
    assert {each["title"] for each in seen["entries"]["nodes"]} == {"Public de", "Edited"}
    asked = "query($id: ID!) { entry(by: {id: $id}) { title state } }"
    for title in set(STATES):
        found = await scene.desk.data(scene.newsroom.author, asked, id=scene.entries[title])
        assert found["entry"] is not None, title
    await scene.has_queues()
