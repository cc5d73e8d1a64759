"""Markdown that is as deep as it may be is stored, and is answered in every shape."""

from __future__ import annotations

from typing import Any

from cms.content.markup.parser import DEEPEST
from tests.graphql_api.conftest import Api, Desk

DEEP = "- " * DEEPEST + "*a " * DEEPEST + "word" + " b*" * DEEPEST


def depth_of(value: Any) -> int:
    """Return how many lists and objects stand within each other."""
    levels, inner = 0, [value]
    while inner:
        levels += 1
        inner = [
            child
            for each in inner
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return levels


async def test_the_tree_of_a_deep_text_is_answered_whole(api: Api) -> None:
    await api.newsroom.published(title="Deep", slug="deep", body=DEEP)
    query = '{ article(by: {slug: "deep"}) { body { ast html plainText } } }'
    body = (await api.data(query))["article"]["body"]
    assert body["html"].count("<li>") == body["html"].count("<em>") == DEEPEST
    assert "word" in body["plainText"]
    assert depth_of(body["ast"]) > 4 * DEEPEST


async def test_it_is_answered_beside_introspection_too(api: Api) -> None:
    await api.newsroom.published(title="Deep", slug="deep", body=DEEP)
    query = '{ article(by: {slug: "deep"}) { body { ast } } __schema { queryType { name } } }'
    assert depth_of((await api.data(query))["article"]) > 4 * DEEPEST


async def test_what_is_deeper_is_refused_at_its_path(desk: Desk) -> None:
    values = {"title": "Deep", "body": f"Text\n\n> {DEEP}"}
    (refusal,) = await desk.refusals(desk.newsroom.author, "createArticle", values=values)
    assert refusal["code"] == "INVALID_VALUE"
    assert refusal["path"] == ["input", "values", "body"]
    assert refusal["message"].startswith("line 3 is more than 100 levels deep")
