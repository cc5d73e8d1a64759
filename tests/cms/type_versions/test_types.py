"""Content types that are renamed, removed or made singletons, and other paths."""

from __future__ import annotations

from typing import Any

from cms.access.accounts import load_actor
from cms.authorization.actor import Grant
from cms.content.fields import Field, Links, Reference
from cms.site import Site
from tests.cms.type_versions.scene import STATES, Scene, changed, content_type, site_of

VALUES = {"body": "Some *text*."}


def sites(path: str | None = "/articles/{slug}", **arguments: object) -> Site:
    """Return the site with another path or other arguments of articles."""
    return site_of(
        content_type("Topic", "/topics/{slug}", about=Reference()),
        content_type("Article", path, arguments),
    )


def topics(**fields: Field) -> Site:
    """Return a site without articles."""
    return site_of(content_type("Topic", "/topics/{slug}", **fields))


async def test_a_renamed_type_has_its_entries_in_all_states(scene: Scene) -> None:
    await scene.opened(changed(), VALUES)
    story = content_type("Story", "/articles/{slug}", {"was": "Article", "plural": "Stories"})
    await scene.migrated(site_of(content_type("Topic", "/topics/{slug}"), story))
    assert await scene.seen("__typename type") == {"__typename": "Story", "type": "Story"}
    assert await scene.seen_then("__typename type") == {"__typename": "Story", "type": "Story"}
    asked = """{ stories { totalCount }
      entries(where: {type: {eq: Story}}) { totalCount facets(fields: [type]) { value count } } }"""
    assert await scene.api.data(asked) == {
        "stories": {"totalCount": 2},
        "entries": {"totalCount": 2, "facets": [{"value": "Story", "count": 2}]},
    }
    (node,) = await scene.rest_of_sync()
    assert (node["type"], node["entry"]["__typename"]) == ("Story", "Story")
    queue = (await scene.has_queues())["myQueue"]
    assert {(each["entry"]["__typename"], each["entry"]["title"]) for each in queue} == {
        ("Story", "Reviewed")
    }
    await scene.can_be_edited("Story")


async def test_roles_for_a_renamed_type_stay_and_new_ones_have_its_new_name(scene: Scene) -> None:
    await scene.opened(changed(), VALUES)
    newsroom = scene.newsroom
    former = await newsroom.person("Olga Older", Grant(role="reviewer", content_type="Article"))
    hired = await newsroom.person("Nora Newer")
    story = content_type("Story", "/articles/{slug}", {"was": "Article", "plural": "Stories"})
    await scene.migrated(site_of(content_type("Topic", "/topics/{slug}"), story))
    await scene.desk.do(
        newsroom.administrator,
        "grantRole",
        accountId=hired.account_id,
        role="REVIEWER",
        contentType="Story",
    )
    async with newsroom.database.reading() as session:
        newer = await load_actor(session, str(hired.account_id))
    for actor in (former, newer):
        queue = await scene.desk.data(actor, "{ myQueue { entry { title } } }")
        assert queue == {"myQueue": [{"entry": {"title": "Reviewed"}}]}


async def test_a_type_is_removed_once_its_entries_are_taken_back_and_archived(
    scene: Scene,
) -> None:
    both = site_of(
        content_type("Topic", "/topics/{slug}", about=Reference(), more=Links()),
        content_type(),
    )
    await scene.opened(both, VALUES)
    leading = {
        "body": "See [it](/articles/public).",
        "about": "/articles/public",
        "more": ["/articles/edited"],
    }
    await scene.published("Topic", leading, content_type="Topic")
    await scene.draft("Leading", leading, content_type="Topic")
    after = topics(about=Reference(), more=Links())
    (problem,) = await scene.problems(after)
    assert problem.place == "Article"
    assert scene.titles(problem) == {*STATES} - {"Archived"}
    assert "unpublish --type Article" in problem.remedy
    await scene.published("Topic", {"body": "Alone.", "more": []}, content_type="Topic")
    await scene.unpublished("Public", "Edited")
    await scene.archived("Public", "Edited", "Reviewed", "Approved", "Draft")
    await scene.migrated(after)
    assert await scene.seen("title", "Public") is None
    assert await scene.seen("__typename title", "Topic") == {
        "__typename": "Topic",
        "title": "Topic",
    }
    await scene.has_queues()
    nodes = await scene.rest_of_sync()
    assert all(each["entry"] is None or each["entry"]["__typename"] == "Topic" for each in nodes)
    desk, author = scene.desk, scene.newsroom.author
    entry_id, head = scene.entries["Topic"], await scene.head("Topic")
    seen = await desk.data(
        author, "query($id: ID!) { checkPublish(entryId: $id) { passed } }", id=entry_id
    )
    assert all(each["passed"] for each in seen["checkPublish"])
    await desk.do(
        author,
        "updateTopic",
        entryId=entry_id,
        baseRevision=head.id,
        values={"summary": "Saved."},
    )
    first = await scene.first("Topic")
    compared = await scene.compared(first, await scene.head("Topic"))
    assert [each["kind"] for each in compared["links"]] == ["REMOVED"] * 3
    await desk.do(
        author,
        "restoreRevision",
        entryId=entry_id,
        baseRevision=(await scene.head("Topic")).id,
        revisionId=first.id,
    )
    refused = {each["code"] for each in await scene.refusals_to_publish("Topic")}
    assert "BROKEN_LINK" in refused
    # An editor leaves the links out, and goes on.
    await scene.draft("Topic", {"body": "Alone."})
    await scene.published("Topic")
    # A draft that leads there can be saved.
    await scene.updated("Leading", body="See [this](/articles/public).")
    assert await scene.faults() == []


_ASK = """query($id: ID!, $revision: ID!) {
  entry(by: {id: $id}) { title }
  node(id: $id) { id }
  revision(id: $revision) { id }
}"""
_QUESTIONS = (
    "query($id: ID!) { checkPublish(entryId: $id) { passed } }",
    "query($id: ID!) { blame(entryId: $id) { text } }",
    "query($id: ID!) { commentThreads(entryId: $id) { start } }",
    "query($id: ID!) { changesSinceLook(entryId: $id) { html } }",
    """query($revision: ID!) {
      compareRevisions(fromRevisionId: $revision, toRevisionId: $revision) { html }
    }""",
)
_LIFECYCLE: dict[str, dict[str, Any]] = {
    "requestReview": {"baseRevision": ""},
    "signOff": {"digest": "x"},
    "publishEntry": {"revisionId": ""},
    "unpublishEntry": {},
    "duplicateEntry": {},
    "restoreRevision": {"baseRevision": "", "revisionId": ""},
    "tagEntry": {"baseRevision": "", "tags": ["New"]},
    "archiveEntry": {},
    "unarchiveEntry": {},
    "deleteEntry": {},
    "markSeen": {"revisionId": ""},
}


async def test_entries_of_a_removed_type_are_not_found(scene: Scene) -> None:
    await scene.opened(changed(), VALUES)
    await scene.unpublished("Public", "Edited")
    await scene.archived("Public", "Edited", "Reviewed", "Approved", "Draft")
    await scene.migrated(topics())
    desk, administrator = scene.desk, scene.newsroom.administrator
    for title in STATES:
        entry_id, revision = scene.entries[title], (await scene.head(title)).id
        seen = await desk.data(administrator, _ASK, id=entry_id, revision=revision)
        assert set(seen.values()) == {None}
        for query in _QUESTIONS:
            asked = await desk.ask(administrator, query, id=entry_id, revision=revision)
            assert [each["extensions"]["code"] for each in asked["errors"]] == ["NOT_FOUND"]
        for name, arguments in _LIFECYCLE.items():
            given = {key: value or revision for key, value in arguments.items()}
            codes = await desk.codes(administrator, name, entryId=entry_id, **given)
            assert codes == ["NOT_FOUND"], name


async def test_a_removed_type_that_comes_back_has_its_entries_again(scene: Scene) -> None:
    await scene.opened(changed(), VALUES)
    await scene.unpublished("Public", "Edited")
    await scene.archived("Public", "Edited", "Reviewed", "Approved", "Draft")
    await scene.migrated(topics())
    await scene.migrated(changed())
    desk, administrator = scene.desk, scene.newsroom.administrator
    for title in STATES[:-1]:
        await desk.do(administrator, "unarchiveEntry", entryId=scene.entries[title])
    await scene.signed("Approved")
    await scene.can_be_edited()


async def test_pages_move_with_the_pattern_of_their_paths(scene: Scene) -> None:
    await scene.opened(sites(), VALUES)
    await scene.published("Topic", {"body": "See [it](/articles/public)."}, content_type="Topic")
    await scene.migrated(sites("/stories/{slug}"))
    assert await scene.seen("path") == {"path": "/stories/public"}
    asked = """{ old: route(path: "/articles/public") { ... on RedirectRoute { to } }
      topic: entry(by: {path: "/topics/topic"}) { ... on Topic { body { html } } } }"""
    seen = await scene.api.data(asked)
    assert '<a href="/stories/public">' in seen["topic"]["body"]["html"]
    assert seen["old"] == {"to": "/stories/public"}
    await scene.can_be_edited()


async def test_a_pattern_by_which_two_pages_meet_is_refused(scene: Scene) -> None:
    category = await scene.newsroom.category("Guides")
    await scene.opened(sites("/articles/{category}/{slug}"), VALUES)
    await scene.published("Other", {**VALUES, "slug": "public", "category": category})
    (problem,) = await scene.problems(sites())
    assert problem.place == "Article"
    assert "/articles/public, the path of" in problem.reason
    assert scene.titles(problem) == {"Public", "Other"}
    await scene.published("Other", {**VALUES, "slug": "other", "category": category})
    await scene.migrated(sites())
    assert await scene.seen("path", "Other") == {"path": "/articles/other"}
    await scene.can_be_edited()


async def test_pages_lose_their_paths_once_nothing_links_to_them(scene: Scene) -> None:
    await scene.opened(sites(), VALUES)
    await scene.published("Topic", {"body": "See [it](/articles/public)."}, content_type="Topic")
    (problem,) = await scene.problems(sites(None))
    assert problem.place == "Article"
    assert "/articles/public" in problem.reason
    assert scene.titles(problem) == {"Topic"}
    await scene.published("Topic", {"body": "Alone."}, content_type="Topic")
    await scene.migrated(sites(None))
    assert await scene.seen("path title") == {"path": None, "title": "Public"}
    await scene.can_be_edited()


async def test_a_type_becomes_a_singleton_with_one_entry(scene: Scene) -> None:
    await scene.opened(sites(), VALUES)
    after = sites("/article", singleton=True)
    (several,) = await scene.problems(after)
    assert several.reason == "becomes a singleton, and has several entries"
    assert scene.titles(several) == {*STATES} - {"Archived"}
    await scene.unpublished("Edited")
    await scene.archived("Edited", "Reviewed", "Approved", "Draft")
    await scene.migrated(after)
    assert await scene.seen("path") == {"path": "/article"}
    asked = "{ article { title path } }"
    assert await scene.api.data(asked) == {"article": {"title": "Public", "path": "/article"}}
    await scene.updated("Public", body="Other words.")
    await scene.published("Public")
    assert await scene.faults() == []
    desk, administrator = scene.desk, scene.newsroom.administrator
    refused = await desk.refusals(
        administrator, "unarchiveEntry", entryId=scene.entries["Archived"]
    )
    assert refused[0]["message"] == "Article is a singleton and exists already; edit it"


async def test_a_former_singleton_can_become_one_again(scene: Scene) -> None:
    await scene.changing.migrate(sites("/article", singleton=True))
    await scene.draft("First", VALUES)
    await scene.archived("First")
    await scene.migrated(sites())
    await scene.published("Second", VALUES)
    assert await scene.seen("path", "Second") == {"path": "/articles/second"}
    await scene.migrated(sites("/article", singleton=True))
    assert await scene.seen("path", "Second") == {"path": "/article"}
    refused = await scene.desk.codes(
        scene.newsroom.administrator, "unarchiveEntry", entryId=scene.entries["First"]
    )
    assert refused == ["DUPLICATE_NAME"]
