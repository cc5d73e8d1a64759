"""Lists of drafts in every order that has an index, and with every filter that has a look-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Integer, literal_column

from cms.reading.view import EVERYTHING
from cms.tables import Revision
from graphql_api.delivery import Visitor
from graphql_api.planner import page_rows
from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.graphql_api.conftest import Api

EDITOR = Visitor(scopes=EVERYTHING)
QUERY = """query($order: [ArticleOrder!], $where: ArticleWhere) @view(perspective: DRAFT) {
  articles(orderBy: $order, where: $where) { nodes { slug } }
}"""
ORDERS: dict[str, Callable[[Revision], Any]] = {
    "title": lambda revision: revision.title.lower(),
    "slug": lambda revision: revision.slug,
    "updatedAt": lambda revision: revision.created_at,
    "path": lambda revision: revision.slug,
}


@pytest.fixture(params=["2000", "1"], ids=["few", "many"])
def _few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows are looked up; more are found in the order of the list."""
    monkeypatch.setattr(page_rows, "_FEW", literal_column(request.param, Integer()))


async def drafts(newsroom: Newsroom) -> list[Revision]:
    """Make drafts: new ones, changed ones, and one that is public as it is; return them."""
    heads = []
    for number, title in enumerate(("Delta", "alpha", "Charlie", "bravo", "Echo")):
        fields: dict[str, Any] = {"rating": number % 2 or None, "tags": [f"Tag {number % 2}"]}
        head = await newsroom.draft(title=title, slug=f"s{number * 7 % 5}", **fields)
        if number % 2:
            await newsroom.publish(head)
            if number > 1:
                slug = f"t{number}"
                head = await newsroom.save(head, title=f"a{number}", slug=slug, **fields)
        heads.append(head)
    return heads


async def slugs(api: Api, **variables: Any) -> list[str]:
    """Return the slugs of a list of drafts."""
    data = await api.seen_by(EDITOR, QUERY, **variables)
    return [each["slug"] for each in data["articles"]["nodes"]]


@begins_with(drafts)
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("order", ORDERS)
async def test_drafts_are_in_their_order(api: Api, content: list[Revision], order: str) -> None:
    heads = sorted(content, key=ORDERS[order])
    expected = [each.slug for each in heads]
    assert await slugs(api, order=[f"{order}_ASC"]) == expected
    assert await slugs(api, order=[f"{order}_DESC"]) == expected[::-1]
    tagged = {"tags": {"some": {"slug": {"eq": "tag-1"}}}}
    found = await slugs(api, order=[f"{order}_ASC"], where=tagged)
    assert found == [slug for slug in expected if slug in {"s2", "t3"}]


@begins_with(drafts)
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"slug": {"eq": "t3"}}, ["t3"]),
        ({"slug": {"eq": "s1"}}, []),
        ({"slug": {"in": ["t3", "s0"]}}, ["s0", "t3"]),
        ({"title": {"eq": "Charlie"}}, ["s4"]),
        ({"title": {"eq": "charlie"}}, []),
        ({"title": {"eq": "bravo"}}, []),
        ({"rating": {"gte": 1}}, ["s2", "t3"]),
        ({"rating": {"lt": 1}}, []),
        ({"AND": [{"rating": {"eq": 1}}, {"slug": {"lt": "t"}}]}, ["s2"]),
    ],
)
async def test_drafts_are_found(api: Api, where: dict[str, Any], expected: list[str]) -> None:
    assert await slugs(api, order=["slug_ASC"], where=where) == expected
