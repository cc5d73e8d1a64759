"""Before something becomes public one can see whether it may, and what it would do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cms.storage.database import Database
from cms.tables.base import Base
from tests.graphql_api.conftest import Api, Desk, Draft, draft_from

GATES = [
    "SIGN_OFF",
    "CHANGE_REQUESTS",
    "REQUIRED_FIELDS",
    "REFERENCED_ENTRIES_PUBLIC",
    "LINK_TARGETS",
    "PATH",
    "INCOMING_LINKS",
]

CHECK = """query($id: ID!, $revision: ID) { checkPublish(entryId: $id, revisionId: $revision) {
  gate description passed errors { code message path ... on MissingSignOff { stage missing } }
} }"""

IMPACT = """publication { id } impact {
  oldPath newPath broken orphans { title } stale { title }
  linksAdded { kind origin label url target { title } }
  linksRemoved { kind origin label url target { title } }
}"""


async def whole_database(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table."""
    async with database.reading() as session:
        return {
            table.name: sorted(map(repr, await session.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }


async def dry_run(desk: Desk, name: str, draft: Draft, **given: Any) -> Any:
    """Ask what a mutation would do, and see that it does nothing."""
    before = await whole_database(desk.newsroom.database)
    payload = await desk.attempt(
        desk.newsroom.publisher, name, IMPACT, entryId=draft.entry, dryRun=True, **given
    )
    assert await whole_database(desk.newsroom.database) == before
    assert payload["publication"] is None
    return payload


async def test_every_gate_says_what_it_has_to_say(desk: Desk) -> None:
    newsroom = desk.newsroom
    await desk.publish(await desk.article(title="Holder", slug="taken"))
    target = await desk.article(title="Live", slug="live", body="# Part\n\nx")
    await desk.publish(target)
    await desk.publish(await desk.article(title="Source", body="[x](/articles/live#part)"))
    await desk.publish(await desk.article(title="Source 2", body="[x](/articles/live)"))
    hidden = await desk.do(
        newsroom.publisher, "createCategory", "entry { id }", values={"name": "Hidden"}
    )
    edited = await desk.update(
        target,
        slug="taken",
        category=hidden["entry"]["id"],
        body=None,
        related=[{"href": "/articles/nowhere"}],
        steps=[{"body": "A step without a title."}],
    )
    await desk.do(
        newsroom.author, "requestReview", entryId=target.entry, baseRevision=edited.revision
    )
    await desk.do(
        newsroom.reviewers[0],
        "requestChanges",
        entryId=target.entry,
        digest=edited.digest,
        reason="No.",
    )
    data = await desk.data(newsroom.author, CHECK, id=target.entry)
    checks = data["checkPublish"]
    assert [each["gate"] for each in checks] == GATES
    assert not any(each["passed"] for each in checks)
    assert all(each["description"] for each in checks)
    errors = [
        (each["gate"], error["code"], ".".join(error["path"]))
        for each in checks
        for error in each["errors"]
    ]
    assert errors == [
        ("SIGN_OFF", "MISSING_SIGN_OFF", ""),
        ("CHANGE_REQUESTS", "CHANGES_REQUESTED", ""),
        ("REQUIRED_FIELDS", "MISSING_FIELD", "body"),
        ("REQUIRED_FIELDS", "MISSING_FIELD", "steps.0.title"),
        ("REFERENCED_ENTRIES_PUBLIC", "REFERENCED_ENTRY_NOT_PUBLIC", ""),
        ("LINK_TARGETS", "BROKEN_LINK", "related.0"),
        ("PATH", "PATH_IN_USE", "slug"),
        ("INCOMING_LINKS", "WOULD_BREAK_LINKS", ""),
    ]
    (missing,) = checks[0]["errors"]
    assert (missing["stage"], missing["missing"]) == ("editorial", 1)
    given = {"entryId": target.entry, "revisionId": edited.revision}
    refused = await desk.codes(newsroom.publisher, "publishEntry", **given)
    assert refused == [code for _, code, _ in errors]
    live = {"id": target.entry, "revision": target.revision}
    data = await desk.data(newsroom.author, CHECK, **live)
    assert all(each["passed"] for each in data["checkPublish"])


async def test_a_dry_run_of_publishing_tells_what_would_be_different(desk: Desk) -> None:
    kept = await desk.article(title="Kept")
    dropped = await desk.article(title="Dropped")
    added = await desk.article(title="Added")
    for each in (kept, dropped, added):
        await desk.publish(each)
    links = [{"href": kept.entry}, {"href": dropped.entry, "label": "old"}]
    draft = await desk.article(title="Page", slug="page", related=links)
    await desk.publish(draft)
    await desk.publish(await desk.article(title="Reader", body="[x](/articles/page)"))
    edited = await desk.update(
        draft,
        slug="moved",
        body="Another text.",
        related=[{"href": kept.entry}, {"href": added.entry, "label": "new"}],
        sources=[{"href": "https://example.org/"}],
    )
    payload = await dry_run(desk, "publishEntry", draft, revisionId=edited.revision)
    codes = [each["code"] for each in payload["errors"]]
    assert codes == ["MISSING_SIGN_OFF"]
    assert payload["impact"] == {
        "oldPath": "/articles/page",
        "newPath": "/articles/moved",
        "broken": [],
        "orphans": [{"title": "Dropped"}],
        "stale": [{"title": "Reader"}],
        "linksAdded": [
            {
                "kind": "RELATED",
                "origin": "FIELD",
                "label": "new",
                "url": None,
                "target": {"title": "Added"},
            },
            {
                "kind": "SOURCE",
                "origin": "FIELD",
                "label": "",
                "url": "https://example.org/",
                "target": None,
            },
        ],
        "linksRemoved": [
            {
                "kind": "RELATED",
                "origin": "FIELD",
                "label": "old",
                "url": None,
                "target": {"title": "Dropped"},
            }
        ],
    }


async def test_a_dry_run_of_the_first_publication_tells_of_a_page_nobody_leads_to(
    desk: Desk,
) -> None:
    draft = await desk.article(title="New", slug="new")
    payload = await dry_run(desk, "publishEntry", draft, revisionId=draft.revision)
    assert payload["impact"]["oldPath"] is None
    assert payload["impact"]["newPath"] == "/articles/new"
    assert payload["impact"]["orphans"] == [{"title": "New"}]
    assert [each["code"] for each in payload["errors"]] == ["MISSING_SIGN_OFF"]


async def test_a_dry_run_of_unpublishing_tells_what_would_be_different(desk: Desk) -> None:
    only_here = await desk.article(title="Only here")
    await desk.publish(only_here)
    draft = await desk.article(title="Page", related=[{"href": only_here.entry}])
    assert (await dry_run(desk, "unpublishEntry", draft))["errors"][0]["code"] == "NOT_PUBLISHED"
    await desk.publish(draft)
    await desk.publish(await desk.article(title="Reader", related=[{"href": draft.entry}]))
    payload = await dry_run(desk, "unpublishEntry", draft)
    assert [each["code"] for each in payload["errors"]] == ["WOULD_BREAK_LINKS"]
    impact = payload["impact"]
    assert (impact["oldPath"], impact["newPath"]) == ("/articles/page", None)
    assert impact["broken"] == ["/articles/reader"]
    assert impact["orphans"] == [{"title": "Only here"}]
    assert impact["linksAdded"] == []
    assert [each["target"]["title"] for each in impact["linksRemoved"]] == ["Only here"]


async def test_what_is_published_is_public_and_can_be_taken_back(desk: Desk, api: Api) -> None:
    newsroom, draft = desk.newsroom, await desk.article(title="Page", slug="page")
    await newsroom.review(await newsroom.draft(title="Other"))
    given = {"entryId": draft.entry, "revisionId": draft.revision}
    assert await desk.codes(newsroom.author, "publishEntry", **given) == ["NOT_ALLOWED"]
    assert await desk.codes(newsroom.publisher, "publishEntry", **given) == ["MISSING_SIGN_OFF"]
    await desk.publish(draft)
    query = """{ entry(by: {path: "/articles/page"}) {
      title review { reviewers { name } } attestation { hash } } }"""
    public = (await api.data(query))["entry"]
    assert public["title"] == "Page"
    assert public["review"] == {"reviewers": [{"name": "Rita Reviewer"}]}
    assert public["attestation"]
    payload = await desk.do(
        newsroom.publisher,
        "unpublishEntry",
        "publication { path endedAt } entry { state }",
        entryId=draft.entry,
    )
    assert payload["entry"] == {"state": "UNPUBLISHED"}
    assert payload["publication"]["endedAt"]
    assert await api.data(query) == {"entry": None}
    assert await desk.codes(newsroom.publisher, "unpublishEntry", entryId=draft.entry) == [
        "NOT_PUBLISHED"
    ]


async def test_who_breaks_the_glass_is_seen_as_long_as_it_lasts(desk: Desk, api: Api) -> None:
    newsroom, draft = desk.newsroom, await desk.article(title="Urgent", slug="urgent")
    given = {"entryId": draft.entry, "revisionId": draft.revision}
    reason = {"reason": "The recall cannot wait."}
    assert await desk.codes(newsroom.publisher, "breakGlassPublish", **given, **reason) == [
        "NOT_ALLOWED"
    ]
    (error,) = await desk.refusals(newsroom.administrator, "breakGlassPublish", **given, reason="")
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["input", "reason"])
    payload = await desk.do(
        newsroom.administrator,
        "breakGlassPublish",
        "publication { breakGlassReason publishedBy { email } } entry { state breakGlassReason }",
        **given,
        **reason,
    )
    assert payload["publication"] == {
        "breakGlassReason": "The recall cannot wait.",
        "publishedBy": {"email": "alma.admin@example.org"},
    }
    query = """{ entry(by: {path: "/articles/urgent"}) {
      title breakGlassReason review { signedAt } } }"""
    assert await api.data(query) == {
        "entry": {
            "title": "Urgent",
            "breakGlassReason": "The recall cannot wait.",
            "review": None,
        }
    }
    data = await desk.data(
        newsroom.administrator,
        """{ audit(where: {action: {eq: ENTRY_BREAK_GLASS}}) { nodes {
          detail account { email } } } }""",
    )
    # What was refused is in the log alone.
    done = data["audit"]["nodes"]
    assert [each["detail"]["reason"] for each in done] == ["The recall cannot wait."]
    await desk.publish(await desk.update(draft, summary="Reviewed."))
    assert (await api.data(query))["entry"]["breakGlassReason"] is None


async def test_pages_that_lead_to_each_other_are_published_together(desk: Desk, api: Api) -> None:
    newsroom = desk.newsroom
    one = await desk.article(title="One", slug="one")
    two = await desk.article(title="Two", slug="two", related=[{"href": one.entry}])
    one = await desk.update(one, related=[{"href": two.entry}])
    for each in (one, two):
        await desk.do(
            newsroom.author, "requestReview", entryId=each.entry, baseRevision=each.revision
        )
        await desk.do(newsroom.reviewers[0], "signOff", entryId=each.entry, digest=each.digest)
    alone = {"entryId": one.entry, "revisionId": one.revision}
    assert await desk.codes(newsroom.publisher, "publishEntry", **alone) == ["BROKEN_LINK"]
    bad = draft_from(
        await desk.do(
            newsroom.author,
            "createNote",
            "entry { id } revision { id digest }",
            values={"title": "Not signed", "text": "x"},
        )
    )
    chosen = [{"entryId": each.entry, "revisionId": each.revision} for each in (one, two, bad)]
    errors = await desk.refusals(newsroom.publisher, "publishTogether", entries=chosen)
    assert {each["code"] for each in errors} == {"MISSING_SIGN_OFF"}
    assert all(each["path"][:2] == ["input", bad.entry] for each in errors)
    query = "{ entries(orderBy: [title_ASC]) { nodes { title links { nodes { url } } } } }"
    assert await api.data(query) == {"entries": {"nodes": []}}  # not one of them
    payload = await desk.do(
        newsroom.publisher,
        "publishTogether",
        "publications { path position }",
        entries=chosen[:2],
    )
    published = sorted(payload["publications"], key=lambda each: str(each["path"]))
    assert [each["path"] for each in published] == ["/articles/one", "/articles/two"]
    assert len({each["position"] for each in published}) == 1
    assert (await api.data(query))["entries"]["nodes"] == [
        {"title": "One", "links": {"nodes": [{"url": "/articles/two"}]}},
        {"title": "Two", "links": {"nodes": [{"url": "/articles/one"}]}},
    ]
