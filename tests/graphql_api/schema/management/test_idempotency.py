"""Two who save at once, and one who saves twice: nothing is lost, and nothing done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from cms import clock
from cms.authorization.actor import Actor
from tests.graphql_api.articles import ALL, everything, shown
from tests.graphql_api.conftest import Desk

STALE = """errors { code path ... on StaleRevision {
  baseRevision { id number } headRevision { id number entry { title } }
  merge { hasConflicts fields { path label base theirs yours merged outcome } values }
} }"""


async def conflict(desk: Desk, entry: str, base: str, values: dict[str, Any]) -> Any:
    query = f"""mutation($input: UpdateArticleInput!) {{
      updateArticle(input: $input) {{ {STALE} revision {{ id }} }}
    }}"""
    given = {"entryId": entry, "baseRevision": base, "values": values}
    data = await desk.data(desk.newsroom.second_author, query, input=given)
    (error,) = data["updateArticle"]["errors"]
    assert data["updateArticle"]["revision"] is None
    return error


async def test_a_conflict_proposes_a_merge_that_can_be_saved_as_it_is(desk: Desk) -> None:
    other = await desk.article(title="Other")
    category = await desk.newsroom.category("Basics")
    base = await desk.article(**everything(other.entry) | {"category": category.id})
    head = await desk.update(base, title="Theirs", aliases=["all", "whole", "new"])
    yours = {
        "subtitle": None,
        "category": None,
        "byline": {"name": "Bea", "year": 1843},
        "sections": [{"heading": "Two", "body": "Second."}],
        "steps": [{"title": "Begin", "body": "Do *that*.", "see": [{"href": other.entry}]}],
        "related": [],
    }
    error = await conflict(desk, base.entry, base.revision, yours)
    assert error["code"] == "STALE_REVISION"
    assert error["path"] == ["input", "baseRevision"]
    assert error["baseRevision"] == {"id": base.revision, "number": 1}
    assert error["headRevision"] == {
        "id": head.revision,
        "number": 2,
        "entry": {"title": "Theirs"},
    }
    merge = error["merge"]
    assert not merge["hasConflicts"]
    outcomes = {".".join(each["path"]): each["outcome"] for each in merge["fields"]}
    assert outcomes["title"] == outcomes["aliases"] == "THEIRS"
    assert outcomes["subtitle"] == outcomes["byline"] == outcomes["category"] == "YOURS"
    payload = await desk.do(
        desk.newsroom.second_author,
        "updateArticle",
        ALL,
        entryId=base.entry,
        baseRevision=head.revision,
        values=merge["values"],
    )
    expected = shown(None, []) | {
        "title": "Theirs",
        "aliases": ["all", "whole", "new"],
        "subtitle": None,
        "byline": {"name": "Bea", "year": 1843},
        "sections": [{"heading": "Two", "body": {"markdown": "Second."}}],
        "related": [],
    }
    expected["steps"] = [
        {
            "title": "Begin",
            "body": {"markdown": "Do *that*."},
            "see": [
                {
                    "label": "Other",
                    "note": "",
                    "url": "/articles/other",
                    "target": {"title": "Other"},
                }
            ],
        }
    ]
    assert payload["entry"] == expected


async def test_a_contradiction_is_for_a_person_to_decide(desk: Desk) -> None:
    base = await desk.article(subtitle="One")
    await desk.update(base, subtitle="Theirs")
    error = await conflict(desk, base.entry, base.revision, {"subtitle": "Yours"})
    assert error["merge"]["hasConflicts"]
    (field,) = error["merge"]["fields"]
    assert field == {
        "path": ["subtitle"],
        "label": "Subtitle",
        "base": "One",
        "theirs": "Theirs",
        "yours": "Yours",
        "merged": "Yours",
        "outcome": "CONFLICT",
    }


async def create(desk: Desk, actor: Actor, title: str, key: str, note: str = "") -> Any:
    return await desk.attempt(
        actor,
        "createArticle",
        "entry { id title } revision { id } clientMutationId",
        values={"title": title, "rating": 9 if title == "Bad" else 1},
        note=note,
        clientMutationId=key,
    )


async def count(desk: Desk) -> int:
    data = await desk.data(desk.newsroom.author, "{ articles { totalCount } }")
    return int(data["articles"]["totalCount"])


async def test_a_write_that_is_repeated_has_one_effect_and_the_same_answer(desk: Desk) -> None:
    author, other = desk.newsroom.author, desk.newsroom.second_author
    first = await create(desk, author, "Good", "key")
    assert first["errors"] == []
    assert first["clientMutationId"] == "key"
    assert await create(desk, author, "Good", "key") == first
    assert await count(desk) == 1
    reused = await create(desk, author, "Good", "key", note="not the same")
    assert [each["code"] for each in reused["errors"]] == ["MUTATION_ID_REUSED"]
    assert reused["errors"][0]["path"] == ["input", "clientMutationId"]
    given = {"values": {"name": "x"}, "clientMutationId": "key"}
    assert await desk.codes(author, "createCategory", **given) == ["MUTATION_ID_REUSED"]
    mine = await create(desk, other, "Good", "key")  # every account has its own ids
    assert mine["entry"]["id"] != first["entry"]["id"]
    assert await count(desk) == 2


async def test_a_refusal_is_repeated_too(desk: Desk) -> None:
    first = await create(desk, desk.newsroom.author, "Bad", "key")
    assert [each["code"] for each in first["errors"]] == ["INVALID_VALUE"]
    assert await create(desk, desk.newsroom.author, "Bad", "key") == first
    # What was refused for want of a right stays refused under this id; another id asks anew.
    reader = await desk.newsroom.person("Vera Viewer")
    refused = await create(desk, reader, "Good", "key")
    assert [each["code"] for each in refused["errors"]] == ["NOT_ALLOWED"]
    assert await create(desk, reader, "Good", "key") == refused


async def test_two_at_once_with_the_same_id_have_one_effect(desk: Desk) -> None:
    author = desk.newsroom.author
    answers = await asyncio.gather(*(create(desk, author, "Good", "key") for _ in range(4)))
    assert all(each == answers[0] for each in answers)
    assert answers[0]["errors"] == []
    assert await count(desk) == 1


async def test_an_answer_is_kept_for_a_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    author, start = desk.newsroom.author, clock.now()
    first = await create(desk, author, "Good", "key")
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=23, minutes=59))
    assert await create(desk, author, "Good", "key") == first
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=24, minutes=1))
    later = await create(desk, author, "Good", "key")
    assert later["entry"]["id"] != first["entry"]["id"]
    assert await count(desk) == 2
