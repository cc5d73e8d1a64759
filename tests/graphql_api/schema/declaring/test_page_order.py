"""A page is in its order, whatever is selected of it."""

from __future__ import annotations

import itertools

import pytest

from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.graphql_api.conftest import Api

ROWS = {"nodes": "nodes { title }", "edges": "edges { cursor node { title } }"}
FACTS = ("startCursor", "endCursor", "hasNextPage", "hasPreviousPage")
SELECTED = [
    chosen for size in range(len(FACTS) + 1) for chosen in itertools.combinations(FACTS, size)
]


async def four_articles(newsroom: Newsroom) -> None:
    for title in "dacb":
        await newsroom.published(title=title)


@begins_with(four_articles)
@pytest.mark.parametrize("facts", SELECTED, ids=lambda facts: " ".join(facts) or "none")
async def test_a_page_is_in_its_order_beside_its_facts(api: Api, facts: tuple[str, ...]) -> None:
    info = f"pageInfo {{ {' '.join(facts)} }}" if facts else ""
    for arguments in ("first: 3", "last: 3", "first: 3, skip: 1"):
        order = f"articles({arguments}, orderBy: [title_ASC])"
        every = await api.data(f"{{ {order} {{ {ROWS['nodes']} {ROWS['edges']} {info} }} }}")
        page = every["articles"]
        titles = [each["title"] for each in page["nodes"]]
        assert titles == ["a", "b", "c"] if arguments == "first: 3" else ["b", "c", "d"]
        assert [each["node"]["title"] for each in page["edges"]] == titles
        for name, edge in (("startCursor", page["edges"][0]), ("endCursor", page["edges"][-1])):
            if name in facts:
                assert page["pageInfo"][name] == edge["cursor"]
        for rows in ROWS.values():
            alone = await api.data(f"{{ {order} {{ {rows} {info} }} }}")
            assert alone["articles"].items() <= page.items()
