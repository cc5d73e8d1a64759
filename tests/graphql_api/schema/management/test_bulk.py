"""Mutations of many entries: results for each, errors as data, and one statement to read them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql_api.conftest import Desk, Draft

RESULT = """results { entryId locale localeName revision { id number digest }
  errors { code path ... on StaleRevision { headRevision { id } merge { values } } } }"""


def bases(*drafts: Draft, **more: Any) -> list[dict[str, Any]]:
    return [{"entryId": each.entry, "baseRevision": each.revision, **more} for each in drafts]


async def test_each_entry_has_a_result_with_paths_in_the_input(desk: Desk) -> None:
    author = desk.newsroom.author
    good, bad, stale = [await desk.article(title=each) for each in ("Good", "Bad", "Stale")]
    newer = await desk.update(stale, title="Newer")
    entries = [
        *bases(good, values={"subtitle": "New"}),
        *bases(bad, values={"subtitle": "x" * 51, "rating": 9}),
        *bases(stale, values={"title": "Mine"}),
    ]
    payload = await desk.do(author, "updateArticles", RESULT, entries=entries, mode="EACH")
    first, second, third = payload["results"]
    assert [each["entryId"] for each in payload["results"]] == [good.entry, bad.entry, stale.entry]
    assert (first["locale"], first["localeName"], first["errors"]) == ("EN", "en", [])
    assert first["revision"]["number"] == 2
    assert [(each["code"], each["path"]) for each in second["errors"]] == [
        ("INVALID_VALUE", ["input", "entries", "1", "values", "subtitle"]),
        ("INVALID_VALUE", ["input", "entries", "1", "values", "rating"]),
    ]
    (conflict,) = third["errors"]
    assert conflict["path"] == ["input", "entries", "2", "baseRevision"]
    assert conflict["headRevision"]["id"] == newer.revision
    assert conflict["merge"]["values"]["title"] == "Mine"
    assert (second["revision"], third["revision"]) == (None, None)


async def test_with_all_the_errors_are_those_of_the_whole_too(desk: Desk) -> None:
    author = desk.newsroom.author
    good, bad = [await desk.article(title=each) for each in ("Good", "Bad")]
    entries = bases(good, bad, values={"subtitle": "x"}) + bases(values={})
    entries[1]["values"] = {"subtitle": "x" * 51}
    payload = await desk.attempt(author, "updateArticles", RESULT, entries=entries)
    assert [each["path"] for each in payload["errors"]] == [
        ["input", "entries", "1", "values", "subtitle"]
    ]
    assert [[error["code"] for error in each["errors"]] for each in payload["results"]] == [
        [],
        ["INVALID_VALUE"],
    ]
    assert [each["revision"] for each in payload["results"]] == [None, None]
    # Nothing was saved.
    await desk.update(good, subtitle="Still on top of the first revision.")


async def test_another_type_is_not_found(desk: Desk) -> None:
    article = await desk.article()
    entries = bases(article, values={"text": "Not a note."})
    refused = await desk.refusals(desk.newsroom.author, "updateNotes", entries=entries)
    assert [(each["code"], each["path"]) for each in refused] == [
        ("NOT_FOUND", ["input", "entries", "0"])
    ]


@pytest.mark.parametrize("mode", ["ALL", "EACH"])
async def test_too_many_and_repeated_entries_are_refused_as_data(desk: Desk, mode: str) -> None:
    author = desk.newsroom.author
    draft = await desk.article()
    for name in ("tagEntries", "moveEntries", "requestReviews"):
        (error,) = await desk.refusals(author, name, entries=bases(draft) * 1_001, mode=mode)
        assert (error["code"], error["path"]) == ("INVALID_VALUE", ["input", "entries"])
        (error,) = await desk.refusals(author, name, entries=bases(draft) * 2, mode=mode)
        assert error["path"] == ["input", "entries", "1"]


async def test_a_repeated_mutation_is_done_once(desk: Desk) -> None:
    author = desk.newsroom.author
    draft, other = await desk.article(), await desk.article()
    given: dict[str, Any] = {
        "entries": bases(draft, other, values={"title": "Once"}),
        "mode": "EACH",
        "clientMutationId": "once",
    }
    first = await desk.do(author, "updateArticles", f"clientMutationId {RESULT}", **given)
    assert await desk.do(author, "updateArticles", f"clientMutationId {RESULT}", **given) == first
    assert {each["revision"]["number"] for each in first["results"]} == {2}
    reused = {**given, "entries": bases(draft, values={"title": "Other"})}
    assert await desk.codes(author, "updateArticles", **reused) == ["MUTATION_ID_REUSED"]


async def test_a_payload_is_one_planned_statement_however_many_results(desk: Desk) -> None:
    newsroom = desk.newsroom
    drafts = [await desk.article(title=f"Page {each}") for each in range(6)]
    selection = """results { entry { title state ... on Article { body { html } }
      } revision { number author { name } } warnings { code } errors { code } }"""
    for number in (2, 4):
        chosen, drafts = drafts[:number], drafts[number:]
        desk.reader.statements.clear()
        entries = bases(*chosen, values={"summary": "One."})
        payload = await desk.do(newsroom.author, "updateArticles", selection, entries=entries)
        assert [each["entry"]["state"] for each in payload["results"]] == ["DRAFT"] * number
        assert len(desk.reader.statements) == 1


async def test_warnings_name_the_entry(desk: Desk) -> None:
    drafts = [await desk.article(), await desk.article()]
    entries = [
        *bases(drafts[0], values={"body": "Fine."}),
        *bases(drafts[1], values={"body": "[gone](/articles/gone)"}),
    ]
    payload = await desk.do(
        desk.newsroom.author,
        "updateArticles",
        "results { warnings { code path } }",
        entries=entries,
    )
    assert [each["warnings"] for each in payload["results"]] == [
        [],
        [
            {
                "code": "LINK_TO_NOTHING",
                "path": ["input", "entries", "1", "values", "body"],
            }
        ],
    ]


async def test_a_set_goes_from_draft_to_public_and_back(desk: Desk) -> None:
    newsroom = desk.newsroom
    drafts = [await desk.article(title=each) for each in ("One", "Two")]
    asked = await desk.do(
        newsroom.author,
        "requestReviews",
        "results { reviewRequest { note } entry { state } }",
        entries=bases(*drafts),
        note="Both.",
    )
    assert (
        asked["results"]
        == [{"reviewRequest": {"note": "Both."}, "entry": {"state": "IN_REVIEW"}}] * 2
    )
    signing = [{"entryId": each.entry, "digest": each.digest} for each in drafts]
    own = await desk.attempt(newsroom.author, "signOffEntries", RESULT, entries=signing)
    assert {each["code"] for each in own["errors"]} == {"NOT_ALLOWED"}
    signed = await desk.do(
        newsroom.reviewers[0],
        "signOffEntries",
        "results { signOff { stage attestation { hash } } entry { state } errors { code } }",
        entries=signing,
    )
    assert [each["entry"]["state"] for each in signed["results"]] == ["APPROVED"] * 2
    assert all(each["signOff"]["attestation"]["hash"] for each in signed["results"])
    publishing = [{"entryId": each.entry, "revisionId": each.revision} for each in drafts]
    published = await desk.do(
        newsroom.publisher, "publishEntries", "results { publication { path } }", entries=publishing
    )
    assert [each["publication"]["path"] for each in published["results"]] == [
        "/articles/one",
        "/articles/two",
    ]
    ended = await desk.do(
        newsroom.publisher,
        "unpublishEntries",
        "results { entry { state } publication { endedAt } }",
        entries=[{"entryId": each.entry} for each in drafts],
        reason="Outdated.",
    )
    assert [each["entry"]["state"] for each in ended["results"]] == ["UNPUBLISHED"] * 2


async def test_entries_are_created_with_a_result_for_each(desk: Desk) -> None:
    author = desk.newsroom.author
    entries = [
        {"values": {"title": "One", "subtitle": "New"}},
        {"values": {"title": "x" * 301, "rating": 9}},
        {"values": {"title": "Drei"}, "locale": "DE"},
    ]
    payload = await desk.do(
        author,
        "createArticles",
        """results { entryId locale entry { id title } revision { number note }
          warnings { code } errors { code path } }""",
        entries=entries,
        mode="EACH",
        note="All.",
    )
    first, second, third = payload["results"]
    assert [each["locale"] for each in payload["results"]] == ["EN", "EN", "DE"]
    assert first["entry"] == {"id": first["entryId"], "title": "One"}
    assert first["revision"] == third["revision"] == {"number": 1, "note": "All."}
    assert third["entry"]["title"] == "Drei"
    assert (first["warnings"], first["errors"]) == ([], [])
    # What was refused is named by its place.
    assert (second["entryId"], second["entry"], second["revision"]) == (None, None, None)
    assert [each["path"] for each in second["errors"]] == [
        ["input", "entries", "1", "values", "title"],
        ["input", "entries", "1", "values", "rating"],
    ]


async def test_with_all_no_entry_is_created_if_one_is_refused(desk: Desk) -> None:
    author = desk.newsroom.author
    entries = [{"values": {"title": "One"}}, {"values": {"title": "x" * 301}}]
    payload = await desk.attempt(author, "createArticles", RESULT, entries=entries)
    assert [each["path"] for each in payload["errors"]] == [
        ["input", "entries", "1", "values", "title"]
    ]
    assert [(each["entryId"], each["revision"]) for each in payload["results"]] == [
        (None, None)
    ] * 2
    found = await desk.data(author, "query @view(perspective: DRAFT) { articles { totalCount } }")
    assert found["articles"]["totalCount"] == 0
    many = [entries[0]] * 1_001
    (error,) = await desk.refusals(author, "createArticles", entries=many)
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["input", "entries"])


async def test_a_repeated_creation_creates_once(desk: Desk) -> None:
    author = desk.newsroom.author
    given: dict[str, Any] = {
        "entries": [{"values": {"title": each}} for each in ("One", "Two")],
        "clientMutationId": "once",
    }
    first = await desk.do(author, "createArticles", f"clientMutationId {RESULT}", **given)
    assert await desk.do(author, "createArticles", f"clientMutationId {RESULT}", **given) == first
    assert len({each["entryId"] for each in first["results"]}) == 2
    reused = {**given, "entries": given["entries"][:1]}
    assert await desk.codes(author, "createArticles", **reused) == ["MUTATION_ID_REUSED"]
