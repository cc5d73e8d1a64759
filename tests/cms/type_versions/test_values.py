"""Choices and blocks that are taken out, and narrower limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cms.content.fields import Block, Blocks, Choice, Decimal, Field, Links, List, Number, Text
from cms.site import Site
from cms.type_versions.versions import bind, newest_types
from tests.cms.type_versions.scene import STATES, Scene, changed, content_type, site_of

BODY = {"body": "Some *text*."}
USED = {*STATES} - {"Archived"}


class Quote(Block):
    """A quotation."""

    text = Text()


class Aside(Block):
    """A text apart."""

    text = Text()


def with_path(path: str) -> Site:
    return site_of(content_type("Article", path))


def plans(*choices: str) -> Choice:
    return Choice(choices=choices)


async def test_a_choice_is_taken_out_once_nothing_has_it(scene: Scene) -> None:
    await scene.opened(changed(plan=plans("FREE", "PAID")), {**BODY, "plan": "PAID"})
    (problem,) = await scene.problems(changed(plan=plans("FREE")))
    assert problem.place == "Article.plan"
    assert scene.titles(problem) == USED
    for title in ("Public", "Edited"):
        await scene.updated(title, plan="FREE")
        await scene.published(title)
    for title in ("Reviewed", "Draft"):
        await scene.updated(title, plan="FREE")
    await scene.archived("Approved")
    await scene.migrated(changed(plan=plans("FREE")))
    assert await scene.seen("... on Article { plan }") == {"plan": "FREE"}
    assert await scene.seen_then("... on Article { plan }") == {"plan": "UNKNOWN"}
    asked = """{ articles(where: {plan: {eq: FREE}}) { totalCount
      facets(fields: [plan]) { value count } } }"""
    assert await scene.api.data(asked) == {
        "articles": {"totalCount": 2, "facets": [{"value": "FREE", "count": 2}]}
    }
    await scene.can_be_edited(restore="newest", besides=("Approved",))
    first = await scene.first("Public")
    assert {
        "kind": "CHANGED",
        "label": "Plan",
        "old": "PAID",
        "new": "FREE",
    } in (await scene.compared(first, await scene.head("Public")))["changes"]


async def test_a_class_of_blocks_is_taken_out_once_nothing_has_it(scene: Scene) -> None:
    parts = [{"type": "Aside", "text": "Beside"}, {"type": "Quote", "text": "So be it"}]
    await scene.opened(changed(parts=Blocks(Quote, Aside)), {**BODY, "parts": parts})
    (problem,) = await scene.problems(changed(parts=Blocks(Quote)))
    assert problem.place == "Article.parts"
    assert scene.titles(problem) == USED
    for title in ("Public", "Edited"):
        await scene.updated(title, parts=parts[1:])
        await scene.published(title)
    for title in ("Reviewed", "Draft"):
        await scene.updated(title, parts=parts[1:])
    await scene.archived("Approved")
    await scene.migrated(changed(parts=Blocks(Quote)))
    selection = "... on Article { parts { ... on Quote { text } } }"
    assert await scene.seen(selection) == {"parts": [{"text": "So be it"}]}
    assert await scene.seen_then(selection) == {"parts": [{"text": "So be it"}]}
    compared = await scene.compared(await scene.first("Public"), await scene.head("Public"))
    assert [(each["kind"], each["old"]) for each in compared["changes"]][-1] == (
        "REMOVED",
        {"type": "Aside", "text": "Beside"},
    )
    await scene.can_be_edited(besides=("Approved",))


async def test_a_field_of_a_block_is_removed(scene: Scene) -> None:
    class Quote(Block):
        text = Text()
        source = Text()

    parts = [{"type": "Quote", "text": "a", "source": "Ada"}]
    await scene.opened(changed(parts=Blocks(Quote)), {**BODY, "parts": parts})

    class Quote(Block):  # type: ignore[no-redef]
        text = Text()

    report = await scene.migrated(changed(parts=Blocks(Quote)))
    assert "Article.parts.source: 6 contents still have a value" in report.notices[0]
    head = await scene.head("Draft")
    compared = await scene.compared(head, await scene.updated("Draft", body="Other words."))
    assert compared["changes"][-1] == {
        "kind": "REMOVED",
        "label": "Parts \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} Source",
        "old": "Ada",
        "new": None,
    }
    await scene.can_be_edited()


@dataclass(frozen=True)
class Limit:
    """A limit that becomes narrower.

    Attributes:
        before: the field with the wide limit.
        after: the field with the narrow one.
        wide: a value that does not fit it.
        narrow: a value that does.
    """

    before: Callable[[], Field]
    after: Callable[[], Field]
    wide: Any
    narrow: Any


LIMITS = {
    "longest": Limit(Text, lambda: Text(longest=3), "four", "two"),
    "most": Limit(Number, lambda: Number(most=5), 6, 4),
    "least": Limit(Number, lambda: Number(least=5), 4, 6),
    "places": Limit(Decimal, lambda: Decimal(places=1), "1.25", "1.50"),
    "digits": Limit(Decimal, lambda: Decimal(digits=3), "10.00", "9.99"),
    "items": Limit(lambda: List(of=Text()), lambda: List(of=Text(), most=1), ["a", "b"], ["a"]),
    "links": Limit(
        Links,
        lambda: Links(most=1),
        ["https://example.org/a", "https://example.org/b"],
        ["https://example.org/a"],
    ),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_values_fit_a_narrower_limit_before_it_is_declared(scene: Scene, name: str) -> None:
    limit = LIMITS[name]
    await scene.opened(changed(value=limit.before()), {**BODY, "value": limit.narrow})
    await scene.published("Wide", {**BODY, "value": limit.wide})
    await scene.draft("Wide", {**BODY, "value": limit.narrow})
    await scene.draft("Wider", {**BODY, "value": limit.wide})
    (problem,) = await scene.problems(changed(value=limit.after()))
    assert problem.place == "Article.value"
    assert scene.titles(problem) == {"Wide", "Wider"}
    await scene.published("Wide")
    await scene.updated("Wider", value=limit.narrow)
    await scene.migrated(changed(value=limit.after()))
    await scene.has_queues()
    await scene.published("Wider")


async def test_the_kind_of_links_stays_while_there_are_such_links(scene: Scene) -> None:
    links = ["https://example.org/a"]
    await scene.opened(changed(more=Links(kind="further")), {**BODY, "more": links})
    (problem,) = await scene.problems(changed(more=Links(kind="beyond")))
    assert problem.place == "Article.more"
    assert "keep kind='further'" in problem.remedy
    assert scene.titles(problem) == USED
    for title in ("Public", "Edited"):
        await scene.updated(title, more=[])
        await scene.published(title)
    for title in ("Reviewed", "Approved", "Draft"):
        await scene.updated(title, more=[])
    await scene.migrated(changed(more=Links(kind="beyond")))
    await scene.updated("Public", more=links)
    await scene.published("Public")
    assert await scene.seen("... on Article { more { kind } }") == {"more": [{"kind": "BEYOND"}]}
    then = await scene.seen_then("... on Article { more { kind kindName } }")
    assert then == {"more": [{"kind": "UNKNOWN", "kindName": "further"}]}


async def test_a_text_gets_an_index_once_all_values_are_short_enough(scene: Scene) -> None:
    values = {**BODY, "value": "word " * 200}
    await scene.opened(changed(value=Text(longest=2_000)), values)
    (problem,) = await scene.problems(changed(value=Text(longest=2_000, indexed=True)))
    assert problem.place == "Article.value"
    assert "at most 600 are allowed" in problem.reason
    for title in ("Public", "Edited"):
        await scene.updated(title, value="word")
        await scene.published(title)
    for title in ("Reviewed", "Approved", "Draft"):
        await scene.updated(title, value="word")
    await scene.migrated(changed(value=Text(longest=2_000, indexed=True)))


async def test_a_field_is_indexed_once_public_pages_repeat_its_values(scene: Scene) -> None:
    await scene.opened(changed(value=Text()), {**BODY, "value": "Some"})
    await scene.updated("Public", value="Another")
    await scene.published("Public")
    query = """{ articles(orderBy: value_ASC) {
      nodes { title } facets(fields: [value]) { value count } } }"""
    before = await scene.api.data(query)
    assert [each["title"] for each in before["articles"]["nodes"]] == ["Public", "Edited"]
    site = changed(value=Text(indexed=True))
    async with scene.newsroom.database.reading() as session:
        binding = bind(site, await newest_types(session))
    assert not binding.is_current
    assert not binding.site.content_types["Article"].fields["value"].is_repeated
    await scene.migrated(site)
    assert scene.newsroom.site.content_types["Article"].fields["value"].is_repeated
    assert await scene.faults() == []
    assert await scene.api.data(query) == before
    await scene.migrated(changed(value=Text()))
    assert await scene.faults() == []
    assert await scene.api.data(query) == before


async def test_slashes_go_from_slugs_once_none_has_them(scene: Scene) -> None:
    before, after = with_path("/articles/{slug:path}"), with_path("/articles/{slug}")
    await scene.opened(before, {**BODY, "slug": ""})
    await scene.migrated(after)
    await scene.migrated(before)
    await scene.draft("Draft", {**BODY, "slug": "one/two"})
    (problem,) = await scene.problems(after)
    assert problem.place == "Article.slug"
    assert scene.titles(problem) == {"Draft"}
    await scene.draft("Draft", {**BODY, "slug": "one-two"})
    await scene.migrated(after)
