"""Fields that are renamed, removed or in another order."""

from __future__ import annotations

from collections.abc import Mapping

from cms.content.fields import Block, Blocks, Choice, Field, Markdown, Object, Sections, Text
from cms.review.comments import CommentPlace, add_comment, locate_comments
from cms.site import Site
from cms.tables import Revision
from tests.cms.type_versions.scene import Scene, changed, content_type, site_of

VALUES = {"subtitle": "Below", "body": "Some *text*."}
OLDER = {"subtitle": "Before", "body": "Some *text*."}
REMOVED = {"kind": "REMOVED", "label": "Subtitle", "old": "Below", "new": None}


async def test_a_renamed_field_is_read_and_edited_under_its_new_name(scene: Scene) -> None:
    await scene.opened(changed(subtitle=Text()), VALUES, OLDER)
    await scene.migrated(changed(dek=Text(was="subtitle")))
    assert await scene.seen("... on Article { dek }") == {"dek": "Below"}
    assert await scene.seen_then("... on Article { dek }") == {"dek": "Before"}
    asked = """{ articles(where: {dek: {eq: "Below"}}) { totalCount }
      entries { nodes { ... on Article { dek } } } }"""
    seen = await scene.api.data(asked)
    assert seen["articles"]["totalCount"] == 2
    assert {each["dek"] for each in seen["entries"]["nodes"]} == {"Below"}
    assert [each["entry"]["__typename"] for each in await scene.rest_of_sync()] == ["Article"]
    await scene.can_be_edited()


async def test_a_comment_follows_the_text_of_a_renamed_field(scene: Scene) -> None:
    await scene.opened(changed(subtitle=Text()), VALUES)
    head, newsroom = await scene.head("Draft"), scene.newsroom
    place = CommentPlace(head.id, "fields/subtitle", 0, 5)
    entry_id = scene.entries["Draft"]
    await newsroom.do(newsroom.author, add_comment, entry_id, "Is it?", place=place)
    await scene.migrated(changed(dek=Text(was="subtitle")))
    (thread,) = await newsroom.do(newsroom.author, locate_comments, entry_id, None)
    assert thread.found is not None
    assert thread.found.field_path == "fields/dek"


async def test_what_a_removed_field_says_stays_in_history_and_leaves_the_next_draft(
    scene: Scene,
) -> None:
    await scene.opened(changed(subtitle=Text()), VALUES, OLDER)
    report = await scene.migrated(changed())
    (notice,) = report.notices
    assert notice.startswith("Article.subtitle: 6 contents still have a value, 2 of them public;")
    assert await scene.seen("title") == {"title": "Public"}
    assert await scene.seen_then("title") == {"title": "Public"}
    head = await scene.head("Draft")
    saved = await scene.updated("Draft", body="Other words.")
    assert (stored_in(head), stored_in(saved)) == ("Below", None)
    compared = await scene.compared(head, saved)
    assert REMOVED in compared["changes"]
    assert "<del>Below</del>" in compared["html"]
    back = await scene.compared(saved, head)
    assert back["changes"][-1] == {**REMOVED, "kind": "ADDED", "old": None, "new": "Below"}
    await scene.can_be_edited()


def stored_in(revision: Revision) -> object:
    """Return the stored value of the removed field."""
    fields = revision.content["fields"]
    return fields.get("subtitle") if isinstance(fields, Mapping) else None


async def test_a_required_field_is_removed_in_two_steps(scene: Scene) -> None:
    await scene.opened(changed(subtitle=Text(required=True)), VALUES)
    (problem,) = await scene.problems(changed())
    assert problem.place == "Article.subtitle"
    assert "required=False" in problem.remedy
    await scene.migrated(changed(subtitle=Text()))
    await scene.migrated(changed())
    await scene.can_be_edited()


async def test_a_field_that_comes_back_has_its_values_again(scene: Scene) -> None:
    await scene.opened(changed(subtitle=Text()), VALUES)
    await scene.migrated(changed())
    await scene.updated("Draft", body="Other words.")
    await scene.migrated(changed(subtitle=Text()))
    assert await scene.seen("... on Article { subtitle }") == {"subtitle": "Below"}
    await scene.can_be_edited()


async def test_anchors_that_public_pages_lead_to_are_not_removed(scene: Scene) -> None:
    parts = [{"heading": "Deep", "body": "Text."}]
    await scene.opened(changed(parts=Sections()), {"parts": parts, "body": "x"})
    await scene.published("Source", {"body": "See [it](/articles/public#deep)."})
    (problem,) = await scene.problems(changed())
    assert problem.place == "Article"
    assert problem.reason.startswith("/articles/public loses the anchor #deep")
    assert scene.titles(problem) == {"Source"}
    await scene.published("Source", {"body": "See [it](/articles/public)."})
    await scene.migrated(changed())
    await scene.can_be_edited()


async def test_an_anchor_that_its_own_page_leads_to_is_not_removed(scene: Scene) -> None:
    parts = [{"heading": "Deep", "body": "Text."}]
    await scene.opened(changed(parts=Sections()), {"parts": parts, "body": "See [it](#deep)."})
    (problem,) = await scene.problems(changed())
    assert "#deep" in problem.reason
    assert scene.titles(problem) == {"Public", "Edited"}
    for title in ("Public", "Edited"):
        await scene.updated(title, body="See nothing.")
        await scene.published(title)
    await scene.migrated(changed())


async def test_an_anchor_in_what_an_object_loses_is_not_removed(scene: Scene) -> None:
    before = changed(box=Object("Box", name=Text(), text=Markdown()))
    after = changed(box=Object("Box", name=Text()))
    values = {"box": {"name": "N", "text": "# Deep"}, "body": "x"}
    await scene.opened(before, values)
    await scene.published("Source", {"body": "See [it](/articles/public#deep)."})
    (problem,) = await scene.problems(after)
    assert scene.titles(problem) == {"Source"}
    await scene.unpublished("Source")
    await scene.migrated(after)
    await scene.can_be_edited()


async def test_copies_and_editions_begin_with_what_is_still_declared(scene: Scene) -> None:
    def site(**fields: Field) -> Site:
        articles = content_type("Article", "/{locale}/articles/{slug}", **fields)
        return site_of(articles, locales=("en", "de"))

    plan = Choice(choices=("FREE", "PAID"))
    await scene.opened(site(subtitle=Text(), plan=plan), {**VALUES, "plan": "FREE"})
    await scene.migrated(site())
    desk, author, entry_id = scene.desk, scene.newsroom.author, scene.entries["Draft"]
    selection = "revision { content }"
    copied = await desk.do(author, "duplicateEntry", selection, entryId=entry_id)
    begun = await desk.do(author, "addEdition", selection, entryId=entry_id, locale="DE")
    for payload in (copied, begun):
        assert payload["revision"]["content"]["fields"] == {"body": "Some *text*."}


async def test_fields_in_another_order_have_the_same_values(scene: Scene) -> None:
    class Quote(Block):
        text = Text()
        source = Text()

    values = {"subtitle": "Below", "parts": [{"type": "Quote", "text": "a", "source": "b"}]}
    fields = {"subtitle": Text(), "parts": Blocks(Quote)}
    await scene.opened(changed(**fields), {**values, "body": "Some *text*."})

    class Quote(Block):  # type: ignore[no-redef]
        source = Text()
        text = Text()

    report = await scene.migrated(changed(parts=Blocks(Quote), subtitle=Text()))
    assert {each.code for each in report.changes} == {"FIELDS_REORDERED"}
    selection = "... on Article { subtitle parts { ... on Quote { text source } } }"
    assert await scene.seen(selection) == {
        "subtitle": "Below",
        "parts": [{"text": "a", "source": "b"}],
    }
    await scene.can_be_edited()
