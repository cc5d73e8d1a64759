"""Categories and people are written through the API, and categories are moved."""

from __future__ import annotations

from typing import Any

from cms.authorization.actor import Actor, Grant
from tests.graphql_api.conftest import Desk

MOVE = """category { treePath parent { name } } treePath moveCount
  moves { entryId localeName oldPath newPath }"""


async def made(desk: Desk, name: str, **given: Any) -> Any:
    return await desk.do(
        desk.newsroom.publisher,
        "createCategory",
        "entry { id name slug description treePath state } revision { id digest }",
        values={"name": name},
        **given,
    )


async def test_a_category_is_drafted_signed_off_and_published(desk: Desk) -> None:
    newsroom = desk.newsroom
    payload = await desk.do(
        newsroom.publisher,
        "createCategory",
        "entry { id name slug description treePath state tags { name } } revision { id digest }",
        values={"name": "Big cats", "description": "Lions.", "tags": ["animals"]},
        note="Begun.",
    )
    category = payload["entry"]
    assert category | {"id": ""} == {
        "id": "",
        "name": "Big cats",
        "slug": "big-cats",
        "description": "Lions.",
        "treePath": "big-cats",
        "state": "DRAFT",
        "tags": [{"name": "animals"}],
    }
    updated = await desk.do(
        newsroom.author,
        "updateCategory",
        "entry { name description } revision { id digest }",
        entryId=category["id"],
        baseRevision=payload["revision"]["id"],
        values={"name": "Large cats", "description": None},
    )
    assert updated["entry"] == {"name": "Large cats", "description": ""}
    revision = updated["revision"]
    given = {"entryId": category["id"]}
    await desk.do(newsroom.author, "requestReview", baseRevision=revision["id"], **given)
    await desk.do(newsroom.reviewers[0], "signOff", digest=revision["digest"], **given)
    await desk.do(newsroom.publisher, "publishEntry", revisionId=revision["id"], **given)
    data = await desk.data(
        newsroom.author,
        '{ view(perspective: PUBLISHED) { category(by: {treePath: "big-cats"}) { name } } }',
    )
    assert data["view"]["category"] == {"name": "Large cats"}


async def test_errors_name_the_values_as_the_api_does(desk: Desk) -> None:
    newsroom = desk.newsroom
    for mutation, given, path in (
        ("createCategory", {"values": {}}, ["input", "values", "name"]),
        ("createCategory", {"values": {"name": "x" * 301}}, ["input", "values", "name"]),
        (
            "createCategory",
            {"values": {"name": "x", "description": "d" * 1_001}},
            ["input", "values", "description"],
        ),
        (
            "createPerson",
            {"values": {"name": "x", "biography": "b" * 1_001}},
            ["input", "values", "biography"],
        ),
        (
            "createPerson",
            {"values": {"name": "x", "profiles": [{"name": "Notes", "url": "no"}]}},
            ["input", "values", "profiles", "0", "url"],
        ),
    ):
        (error,) = await desk.refusals(newsroom.administrator, mutation, **given)
        assert (error["code"], error["path"]) == ("INVALID_VALUE", path)


async def test_a_person_has_profiles(desk: Desk) -> None:
    profile = {"name": "Notes", "url": "https://notes.example"}
    payload = await desk.do(
        desk.newsroom.administrator,
        "createPerson",
        "entry { id name biography profiles { name url } }",
        values={"name": "Nia New", "biography": "Writes.", "profiles": [profile]},
    )
    assert payload["entry"] == {
        "id": payload["entry"]["id"],
        "name": "Nia New",
        "biography": "Writes.",
        "profiles": [profile],
    }


async def test_a_category_moves_after_a_dry_run(desk: Desk) -> None:
    newsroom = desk.newsroom
    top, other = await made(desk, "Top"), await made(desk, "Other")
    below = await made(desk, "Below", parentId=top["entry"]["id"])
    assert below["entry"]["treePath"] == "top/below"
    given = {"categoryId": below["entry"]["id"], "parentId": other["entry"]["id"]}
    dry = await desk.do(newsroom.publisher, "moveCategory", MOVE, dryRun=True, **given)
    assert dry == {
        "errors": [],
        "category": None,
        "treePath": "other/below",
        "moveCount": 0,
        "moves": [],
    }
    done = await desk.do(newsroom.publisher, "moveCategory", MOVE, **given)
    assert done["category"] == {"treePath": "other/below", "parent": {"name": "Other"}}
    root = await desk.do(
        newsroom.publisher,
        "moveCategory",
        MOVE,
        categoryId=below["entry"]["id"],
        parentId=None,
        position=1,
    )
    assert root["category"] == {"treePath": "below", "parent": None}
    data = await desk.data(newsroom.author, "{ categories { nodes { treePath } } }")
    assert [each["treePath"] for each in data["categories"]["nodes"]] == ["below", "top", "other"]


async def test_a_move_that_is_not_possible_says_why(desk: Desk) -> None:
    top = await made(desk, "Top")
    below = await made(desk, "Below", parentId=top["entry"]["id"])
    given = {"categoryId": top["entry"]["id"], "parentId": below["entry"]["id"]}
    for dry_run in (True, False):
        (error,) = await desk.refusals(
            desk.newsroom.publisher, "moveCategory", dryRun=dry_run, **given
        )
        assert (error["code"], error["path"]) == ("CATEGORY_CYCLE", ["input", "parentId"])
    assert await desk.codes(desk.newsroom.author, "moveCategory", **given) == ["NOT_ALLOWED"]


async def test_accounts_see_drafts_of_their_part_and_otherwise_what_is_public(desk: Desk) -> None:
    newsroom = desk.newsroom
    inside, outside = await newsroom.category("Inside"), await newsroom.category("Outside")
    for topic in (inside, outside):
        await newsroom.update(topic.revision, title=f"{topic.name}, draft")
    hidden = await made(desk, "Hidden")
    await newsroom.person("Dora Draft")
    roleless = await newsroom.person("Nemo")
    scoped = await newsroom.person("Sam", Grant(role="author", category_id=inside.id))
    query = """query($id: ID!) { categories { nodes { name treePath } }
      category(by: {id: $id}) { name } node(id: $id) { id }
      people(where: {name: {startsWith: "Dora"}}) { nodes { name } } }"""

    async def seen(actor: Actor) -> tuple[list[str], Any]:
        data = await desk.data(actor, query, id=hidden["entry"]["id"])
        names = [each["name"] for each in data["categories"]["nodes"]]
        return names, (data["category"], data["node"], data["people"]["nodes"])

    nothing: Any = (None, None, [])
    assert await seen(roleless) == (["Inside", "Outside"], nothing)
    assert await seen(scoped) == (["Inside, draft", "Outside"], nothing)
    names, rest = await seen(newsroom.author)
    assert names == ["Inside, draft", "Outside, draft", "Hidden"]
    assert rest == ({"name": "Hidden"}, {"id": hidden["entry"]["id"]}, [{"name": "Dora Draft"}])
