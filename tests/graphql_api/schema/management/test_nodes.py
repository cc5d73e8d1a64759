"""Nodes of the management API: found by their ids by those who may see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cms.authorization.actor import Grant
from tests.graphql_api.conftest import Desk, Draft

NODE = "query($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id, $id]) { id } }"


async def everything(desk: Desk) -> tuple[Draft, dict[str, str]]:
    """Write and publish an article, and return it with the ids of what that made, by type."""
    newsroom = desk.newsroom
    category = await newsroom.category("Topics")
    draft = await desk.article(category=category.id)
    given: dict[str, Any] = {"entryId": draft.entry}
    note = await desk.do(newsroom.author, "addComment", "comment { id }", **given, body="Well?")
    await desk.publish(draft)
    data = await desk.data(
        newsroom.administrator,
        """query($id: ID!) { entry(by: {id: $id}) {
          id category { id } revision { id signOffs { id } account { id grants { id } }
            author { id } }
          publications { nodes { id } } } }""",
        id=draft.entry,
    )
    entry = data["entry"]
    revision = entry["revision"]
    return draft, {
        "Article": entry["id"],
        "Category": entry["category"]["id"],
        "Revision": revision["id"],
        "SignOff": revision["signOffs"][0]["id"],
        "Account": revision["account"]["id"],
        "RoleGrant": revision["account"]["grants"][0]["id"],
        "Person": revision["author"]["id"],
        "EntryPublication": entry["publications"]["nodes"][0]["id"],
        "EntryComment": note["comment"]["id"],
    }


async def test_whatever_has_an_id_is_found_by_it(desk: Desk) -> None:
    newsroom = desk.newsroom
    draft, ids = await everything(desk)
    newer = await desk.update(draft, title="Newer")
    review = await desk.do(
        newsroom.author,
        "requestReview",
        "reviewRequest { id }",
        entryId=newer.entry,
        baseRevision=newer.revision,
    )
    objection = await desk.do(
        newsroom.reviewers[0],
        "requestChanges",
        "changeRequest { id }",
        entryId=newer.entry,
        digest=newer.digest,
        reason="Much.",
    )
    ids |= {
        "ReviewRequest": review["reviewRequest"]["id"],
        "ChangeRequest": objection["changeRequest"]["id"],
    }
    for typename, identifier in ids.items():
        data = await desk.data(newsroom.administrator, NODE, id=identifier)
        assert data["node"] == {"__typename": typename, "id": identifier}
        assert data["nodes"] == [{"id": identifier}] * 2


async def test_nobody_finds_what_they_may_not_see(desk: Desk) -> None:
    newsroom = desk.newsroom
    _, ids = await everything(desk)
    elsewhere = await newsroom.category("Elsewhere")
    stranger = await newsroom.person("Sam Scoped", Grant(role="author", category_id=elsewhere.id))
    of_the_entry = ("Article", "Revision", "SignOff", "EntryPublication", "EntryComment")
    for typename in of_the_entry:
        data = await desk.data(stranger, NODE, id=ids[typename])
        assert data == {"node": None, "nodes": [None, None]}, typename
    # A token that reads entries and no accounts finds its own account alone.
    token = replace(newsroom.publisher, scopes=frozenset({"entry:read"}))
    for typename in ("Account", "RoleGrant"):
        assert (await desk.data(token, NODE, id=ids[typename]))["node"] is None, typename
    own = str(token.account_id)
    assert (await desk.data(token, NODE, id=own))["node"] == {"__typename": "Account", "id": own}


async def test_a_service_token_is_found_by_its_own_account_alone(desk: Desk) -> None:
    newsroom = desk.newsroom
    query = """mutation { issueToken(input: {name: "x", scopes: [ENTRY_READ], validForDays: 1}) {
      token { id scopes scopeNames } } }"""
    token = (await desk.data(newsroom.author, query))["issueToken"]["token"]
    assert (token["scopes"], token["scopeNames"]) == (["ENTRY_READ"], ["entry:read"])
    found = await desk.data(newsroom.author, NODE, id=token["id"])
    assert found["node"] == {"__typename": "ServiceToken", "id": token["id"]}
    for other in (newsroom.administrator, newsroom.second_author):
        assert (await desk.data(other, NODE, id=token["id"]))["node"] is None


async def test_what_grows_is_read_page_by_page_in_either_order(desk: Desk) -> None:
    newsroom = desk.newsroom
    draft = await desk.article()
    for body in ("One", "Two", "Three"):
        await desk.do(newsroom.author, "addComment", entryId=draft.entry, body=body)
    query = """query($id: ID!, $after: String, $order: [EntryCommentOrder!]) {
      entry(by: {id: $id}) { comments(first: 2, after: $after, orderBy: $order) {
        totalCount nodes { body } pageInfo { hasNextPage endCursor } } } }"""
    for order, bodies in (
        (None, ["One", "Two", "Three"]),
        (["createdAt_ASC"], ["One", "Two", "Three"]),
    ):
        found, after = [], None
        for _ in range(2):
            data = await desk.data(newsroom.author, query, id=draft.entry, after=after, order=order)
            page = data["entry"]["comments"]
            found += [each["body"] for each in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
        assert (found, page["totalCount"]) == (bodies, 3)
        assert not page["pageInfo"]["hasNextPage"]
