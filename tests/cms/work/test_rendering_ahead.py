"""Texts rendered before a transaction: only for an actor who could save them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from cms.authorization.actor import Actor, Grant
from cms.content.canonical_json import Json
from cms.work.rendering_ahead import render_before_saving
from tests.sites import SITE

ARTICLE = SITE.content_types["Article"]


def actor_with(*grants: Grant, scopes: Iterable[str] | None = None) -> Actor:
    return Actor(
        account_id="account_1",
        person_id=None,
        grants=grants,
        scopes=None if scopes is None else frozenset(scopes),
    )


@pytest.mark.parametrize(
    ("actor", "is_rendered"),
    [
        (actor_with(Grant(role="author")), True),
        (actor_with(Grant(role="author", content_type="Article", locale="de")), True),
        (actor_with(Grant(role="author"), scopes=["entry:save"]), True),
        (actor_with(), False),
        (actor_with(Grant(role="author", content_type="Person")), False),
        (actor_with(Grant(role="author"), scopes=["entry:read"]), False),
    ],
)
async def test_texts_are_rendered_for_those_who_can_save_them(
    actor: Actor, *, is_rendered: bool
) -> None:
    read: list[str] = []

    def fields_of(text: str) -> Mapping[str, Json]:
        read.append(text)
        return {}

    await render_before_saving(SITE, actor, ARTICLE, ["a", "b"], fields_of)
    assert read == (["a", "b"] if is_rendered else [])
