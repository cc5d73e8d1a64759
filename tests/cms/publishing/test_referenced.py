"""What readers see beside a page is public: its category, its author, and its reviewers."""

from __future__ import annotations

from typing import Any

from cms.authorization.actor import OPERATOR, Grant
from cms.content.snapshot import Draft
from cms.drafts.entries import add_edition, archive_entry
from cms.drafts.loading import look_at
from cms.drafts.people import create_person
from cms.drafts.saving import update_entry
from cms.errors import ReferencedEntryNotPublic
from cms.publishing.publish_impact import check_publish, preview_unpublish
from cms.publishing.publishing import publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.review.sign_offs import sign_off
from cms.taxonomy.categories import create_category
from tests.builders import Newsroom, Topic, changes_of
from tests.rewording import begin_translation

NOT_PUBLIC = "REFERENCED_ENTRY_NOT_PUBLIC"


async def draft_topic(newsroom: Newsroom, name: str, parent: Topic | None = None) -> Topic:
    """Make a category that is not public."""
    saved = await newsroom.do(
        newsroom.administrator,
        create_category,
        Draft(title=name),
        parent_id=parent.id if parent is not None else None,
    )
    return Topic(saved.entry_id, saved.revision)


async def refusals(newsroom: Newsroom, *revisions: Any, locale: str | None = None) -> list[Any]:
    """Return what is wrong with revisions that are signed off."""
    for each in revisions:
        await newsroom.review(each, locale)
    chosen = {await newsroom.entry_id(each): each.id for each in revisions}
    errors = await newsroom.refusal(newsroom.publisher, publish_together, chosen, locale=locale)
    return [
        (each.code, each.entry_id if isinstance(each, ReferencedEntryNotPublic) else "")
        for each in errors
    ]


async def test_a_page_waits_for_its_category(newsroom: Newsroom) -> None:
    topic = await draft_topic(newsroom, "Topic")
    page = await newsroom.draft(category=topic)
    assert await refusals(newsroom, page) == [(NOT_PUBLIC, topic.id)]
    checks = await newsroom.do(newsroom.author, check_publish, await newsroom.entry_id(page))
    (failed,) = [each for each in checks if each.errors]
    assert failed.gate.name == "referenced_entries_public"
    assert "“Topic”" in failed.errors[0].message
    assert topic.id in failed.errors[0].message


async def test_a_page_and_its_category_are_published_together(newsroom: Newsroom) -> None:
    topic = await draft_topic(newsroom, "Topic")
    below = await draft_topic(newsroom, "Below", topic)
    page = await newsroom.draft(category=below)
    assert set(await refusals(newsroom, page, below.revision)) == {(NOT_PUBLIC, topic.id)}
    published = await newsroom.do(
        newsroom.publisher,
        publish_together,
        {
            await newsroom.entry_id(page): page.id,
            below.id: below.revision.id,
            topic.id: (await _reviewed(newsroom, topic)).id,
        },
    )
    assert {each.content_type for each in published} == {"Article", "Category"}


async def _reviewed(newsroom: Newsroom, topic: Topic) -> Any:
    await newsroom.review(topic.revision)
    return topic.revision


async def test_a_category_waits_for_its_parent(newsroom: Newsroom) -> None:
    topic = await draft_topic(newsroom, "Topic")
    below = await draft_topic(newsroom, "Below", topic)
    assert await refusals(newsroom, below.revision) == [(NOT_PUBLIC, topic.id)]


async def test_a_page_waits_for_its_author_and_reviewers(newsroom: Newsroom) -> None:
    author = await newsroom.person("Nia New", Grant(role="author"))
    reviewer = await newsroom.person("Rob Recent", Grant(role="reviewer"))
    page = await newsroom.save(await newsroom.draft(), actor=author, title="By another author")
    await newsroom.ask(page)
    await newsroom.sign(page, actor=reviewer)
    chosen = {await newsroom.entry_id(page): page.id}
    errors = await newsroom.refusal(newsroom.publisher, publish_together, chosen)
    assert {each.code for each in errors} == {NOT_PUBLIC}
    messages = " ".join(each.message for each in errors)
    assert "its author “Nia New”" in messages
    assert "a reviewer “Rob Recent”" in messages
    await newsroom.publish_beside()
    assert len(await newsroom.do(newsroom.publisher, publish_together, chosen)) == 1


async def test_the_default_locale_stands_in_for_others(newsroom: Newsroom) -> None:
    topic = await newsroom.category("Topic")
    english = await newsroom.draft(category=topic)
    german = await newsroom.translate(english, "de", title="Seite", category=topic)
    assert len(await newsroom.publish(german, locale="de")) == 1


async def test_a_category_that_pages_show_stays_public(newsroom: Newsroom) -> None:
    topic = await newsroom.category("Topic")
    below = await newsroom.category("Below", topic)
    page = await newsroom.published(title="Shown", category=below)
    for shown, words in ((below, "“Shown”"), (topic, "“Below”")):
        (error,) = await newsroom.refusal(newsroom.publisher, unpublish_entry, shown.id)
        assert (error.code, words in error.message) == ("STILL_SHOWN", True)
        impact = await newsroom.do(newsroom.publisher, preview_unpublish, shown.id)
        assert [each.code for each in impact.errors] == ["STILL_SHOWN"]
    await newsroom.unpublish(page)
    await newsroom.do(newsroom.publisher, unpublish_entry, below.id)
    await newsroom.do(newsroom.publisher, unpublish_entry, topic.id)
    await newsroom.do(newsroom.administrator, archive_entry, topic.id)


async def test_a_person_whom_pages_name_stays_public(newsroom: Newsroom) -> None:
    page = await newsroom.published(title="Shown")
    author, reviewer = newsroom.author.person_id, newsroom.reviewers[0].person_id
    for person, words in ((author, "its author"), (reviewer, "a reviewer")):
        (error,) = await newsroom.refusal(newsroom.publisher, unpublish_entry, str(person))
        assert (error.code, words in error.message) == ("STILL_SHOWN", True)
        assert "“Shown” (/articles/shown, en)" in error.message
    await newsroom.do(newsroom.publisher, unpublish_entry, str(newsroom.reviewers[1].person_id))
    await newsroom.unpublish(page)
    for person in (author, reviewer):
        await newsroom.do(newsroom.publisher, unpublish_entry, str(person))


async def test_the_default_locale_is_public_first_and_last(newsroom: Newsroom) -> None:
    topic = await draft_topic(newsroom, "Topic")
    german = await begin_translation(newsroom, topic.id, "de", title="Thema")
    assert await refusals(newsroom, german, locale="de") == [(NOT_PUBLIC, topic.id)]
    await newsroom.publish(topic.revision)
    await newsroom.do(newsroom.publisher, publish_together, {topic.id: german.id}, locale="de")
    (error,) = await newsroom.refusal(newsroom.publisher, unpublish_entry, topic.id)
    assert (error.code, "in de is public" in error.message) == ("STILL_SHOWN", True)
    page = await newsroom.translate(await newsroom.draft(), "de", title="S", category=topic)
    await newsroom.publish(page, locale="de")
    await newsroom.do(newsroom.publisher, unpublish_entry, topic.id, locale="de")
    (error,) = await newsroom.refusal(newsroom.publisher, unpublish_entry, topic.id)
    assert (error.code, "“S”" in error.message) == ("STILL_SHOWN", True)


async def test_a_dry_run_of_unpublishing_says_what_would_be_refused(newsroom: Newsroom) -> None:
    one = await newsroom.category("One")
    await newsroom.update(one.revision, slug="two")
    await newsroom.category("Two")
    impact = await newsroom.do(newsroom.publisher, preview_unpublish, one.id)
    assert [each.code for each in impact.errors] == ["DUPLICATE_NAME"]
    assert await newsroom.codes(newsroom.publisher, unpublish_entry, one.id) == ["DUPLICATE_NAME"]


async def test_a_check_says_that_a_persons_slug_is_taken(newsroom: Newsroom) -> None:
    saved = await newsroom.do(newsroom.administrator, create_person, Draft(title="Nia New"))
    await newsroom.update(saved.revision, slug="nia")
    await newsroom.do(newsroom.administrator, create_person, Draft(title="Nia New"))
    checks = await newsroom.do(
        newsroom.author, check_publish, saved.entry_id, revision_id=saved.revision.id
    )
    codes = {error.code for each in checks for error in each.errors}
    assert codes == {"MISSING_SIGN_OFF", "DUPLICATE_NAME"}


async def test_a_late_sign_off_is_for_reviewers_who_are_public(newsroom: Newsroom) -> None:
    page = await newsroom.draft()
    await newsroom.publish(page)
    reviewer = await newsroom.person("Rob Recent", Grant(role="reviewer"))
    entry_id = await newsroom.entry_id(page)
    assert await newsroom.codes(reviewer, sign_off, entry_id, digest=page.digest) == [NOT_PUBLIC]
    await newsroom.publish_beside()
    await newsroom.do(reviewer, sign_off, entry_id, digest=page.digest)


async def test_a_slug_is_one_persons_in_the_whole_site(newsroom: Newsroom) -> None:
    taken = Draft(title="Ada Author")
    (error,) = await newsroom.refusal(newsroom.administrator, create_person, taken)
    assert (error.code, error.path) == ("DUPLICATE_NAME", ("slug",))
    other = await newsroom.do(newsroom.administrator, create_person, Draft(title="Ada Other"))
    (error,) = await newsroom.refusal(
        newsroom.author,
        update_entry,
        other.entry_id,
        changes_of(slug="ada-author"),
        base_revision=other.revision.id,
    )
    assert (error.code, error.path) == ("DUPLICATE_NAME", ("slug",))
    # A translation has the slug of its own person, or another one.
    saved = await newsroom.do(newsroom.author, add_edition, other.entry_id, "de")
    assert saved.revision.slug == "ada-other"
    held = await newsroom.do(newsroom.author, look_at, other.entry_id, "de")
    assert held.head.id == saved.revision.id


async def test_people_are_made_by_administrators_and_the_operator(newsroom: Newsroom) -> None:
    for actor in (newsroom.author, newsroom.publisher, newsroom.reviewers[0]):
        assert await newsroom.codes(actor, create_person, Draft(title="X")) == ["NOT_ALLOWED"]
    for actor in (newsroom.administrator, OPERATOR):
        saved = await newsroom.do(actor, create_person, Draft(title=f"Made by {actor.name}"))
        assert saved.entry_id.startswith("person_")
