"""A what-if is what the graph becomes when the same is really done."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cms.authorization.actor import Actor, Grant
from cms.drafts.entries import archive_entry
from cms.errors import Refused
from cms.links.as_if import NamedLink
from cms.links.asking import GraphReading
from cms.links.graph import NONE, LinkGraph
from cms.links.loading import load_graph
from cms.links.what_if import Assumed, WhatIf, assume
from cms.reading.view import View, view_of
from cms.tables import Revision
from tests.builders import Newsroom
from tests.sites import SITE

ENGLISH = view_of(SITE)


async def assumed(
    newsroom: Newsroom, what_if: WhatIf, actor: Actor | None = None, view: View = ENGLISH
) -> Assumed:
    async with newsroom.desk.reading(actor or newsroom.publisher) as reading:
        return await assume(GraphReading(reading, view), what_if)


async def real(newsroom: Newsroom, view: View = ENGLISH) -> LinkGraph:
    async with newsroom.database.reading() as session:
        return await load_graph(session, SITE, view)


def described(graph: LinkGraph) -> dict[str, Any]:
    """Return all of a graph but its position, by ids and names."""
    columns = (graph.sources, graph.targets, graph.kinds, graph.layers)
    rows = zip(*(each.tolist() for each in columns), strict=True)
    categories = [*graph.category_ids, None]
    nodes = zip(graph.ids, graph.types, graph.categories, graph.is_page, strict=True)
    assert NONE == -1
    return {
        "nodes": {
            each: (graph.type_names[type_], categories[category], bool(is_page))
            for each, type_, category, is_page in nodes
        },
        "roots": {graph.ids[each] for each in graph.roots.tolist()},
        "edges": Counter(
            (graph.ids[source], graph.ids[target], graph.kind_names[kind], layer)
            for source, target, kind, layer in rows
        ),
    }


async def assert_true(newsroom: Newsroom, found: Assumed, view: View = ENGLISH) -> None:
    """Assert that the graph has become what was assumed."""
    after = found.after
    assert described(after) == described(await real(newsroom, view))
    assert list(after.ids) == sorted(after.ids)
    assert after.sources.tolist() == sorted(after.sources.tolist())


def to(*entry_ids: str) -> list[dict[str, str]]:
    return [{"href": each} for each in entry_ids]


@pytest.mark.parametrize("seed", range(6))
async def test_it_is_what_publishing_and_unpublishing_do(newsroom: Newsroom, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # the same choices at each run
    topics = [await newsroom.category(name) for name in ("One", "Two")]
    heads: dict[str, Revision] = {}
    for number in range(8):
        earlier = [*heads][:5]  # so that no page links to the sixth
        related = random.sample(earlier, min(len(earlier), 2))
        head = await newsroom.draft(
            title=f"P{number}",
            slug=f"p{number}",
            related=to(*related, *related[:1]),
            category=random.choice([*topics, None]),
        )
        heads[await newsroom.entry_id(head)] = head
    ids = [*heads]
    *_, sixth = await newsroom.publish(*(heads[each] for each in ids[:6]))
    publish = {each: heads[each] for each in ids[6:]}
    for each in random.sample(ids[:5], 2):
        publish[each] = await newsroom.update(
            heads[each],
            related=to(*random.sample([*ids[:5], *ids[6:]], 3)),
            body="See [this](/articles/p0) and [that](/articles/p1).",
        )
    chosen = [random.choice([entry_id, head.id]) for entry_id, head in publish.items()]
    found = await assumed(newsroom, WhatIf(chosen, [sixth.entry_id]))
    assert described(found.before) == described(await real(newsroom))
    assert found.broken == []
    await newsroom.publish(*publish.values())
    await newsroom.unpublish(sixth)
    await assert_true(newsroom, found)


async def test_a_menu_and_the_home_page_are_roots(newsroom: Newsroom) -> None:
    first, second = [await newsroom.published(title=each, slug=each.lower()) for each in "AB"]
    settings = await newsroom.draft(
        "Settings", title="Settings", brand="Brand", menu=menu_to(first.entry_id)
    )
    found = await assumed(newsroom, WhatIf([settings.id]))
    assert described(found.after)["roots"] == {first.entry_id}
    await newsroom.publish(settings)
    await assert_true(newsroom, found)
    changed = await newsroom.update(settings, menu=menu_to(second.entry_id))
    found = await assumed(newsroom, WhatIf([changed.id]))
    assert described(found.after)["roots"] == {second.entry_id}
    await newsroom.publish(changed)
    await assert_true(newsroom, found)


def menu_to(entry_id: str) -> list[dict[str, Any]]:
    return [{"heading": "Menu", "links": to(entry_id)}]


async def test_a_category_stays_in_its_place(newsroom: Newsroom) -> None:
    parent = await newsroom.category("Parent")
    topic = await newsroom.category("Topic", parent)
    await newsroom.published(title="A", slug="a", category=topic)
    renamed = await newsroom.update(topic.revision, title="Renamed")
    found = await assumed(newsroom, WhatIf([topic.id]), newsroom.administrator)
    await newsroom.publish(renamed)
    await assert_true(newsroom, found)


async def test_what_is_unpublished_falls_back_to_another_locale(newsroom: Newsroom) -> None:
    german = replace(view_of(SITE, "de"), locales=("de", "en"))
    first, second = [await newsroom.published(title=each, slug=each.lower()) for each in "AB"]
    head = await newsroom.draft(title="C", slug="c", related=to(first.entry_id))
    (english,) = await newsroom.publish(head)
    translated = await newsroom.translate(head, "de", title="C", slug="c", body="Text.")
    found = await assumed(newsroom, WhatIf([translated.id]), view=german)
    (own,) = await newsroom.publish(translated, locale="de")
    await assert_true(newsroom, found, german)
    found = await assumed(newsroom, WhatIf(unpublish=[english.entry_id]), view=german)
    await newsroom.unpublish(own)
    await assert_true(newsroom, found, german)
    assert second.entry_id in found.after.ids


async def test_links_that_would_break_are_named(newsroom: Newsroom) -> None:
    first = await newsroom.published(title="A", slug="a")
    second = await newsroom.published(title="B", slug="b", related=to(first.entry_id))
    hidden = await newsroom.entry_id(await newsroom.draft(title="C", slug="c"))
    draft = await newsroom.draft(title="D", slug="d", related=to(hidden, second.entry_id))
    new = await newsroom.entry_id(draft)
    found = await assumed(newsroom, WhatIf([draft.id], [first.entry_id]))
    assert set(found.broken) == {
        NamedLink(second.entry_id, first.entry_id, "related"),
        NamedLink(new, hidden, "related"),
    }
    assert hidden not in found.after.ids


async def test_a_link_can_be_added(newsroom: Newsroom) -> None:
    first, second = [await newsroom.published(title=each, slug=each.lower()) for each in "AB"]
    link = NamedLink(first.entry_id, second.entry_id, "source")
    found = await assumed(newsroom, WhatIf(links=[link]))
    assert described(found.after)["edges"] == {(first.entry_id, second.entry_id, "source", 0): 1}
    other = NamedLink(first.entry_id, "entry_0000000000000000000000000", "source")
    assert await codes(newsroom, WhatIf(links=[other])) == ["INVALID_VALUE"]


async def codes(
    newsroom: Newsroom, what_if: WhatIf, actor: Actor | None = None, view: View = ENGLISH
) -> list[str]:
    with pytest.raises(Refused) as refused:
        await assumed(newsroom, what_if, actor, view)
    return [each.code for each in refused.value.errors]


async def test_only_what_the_actor_may_read_can_be_assumed(newsroom: Newsroom) -> None:
    noted = await newsroom.person("Nora Notes", Grant(role="author", content_type="Note"))
    draft = await newsroom.draft(title="A", slug="a")
    entry_id = await newsroom.entry_id(draft)
    for each in (draft.id, entry_id):
        with pytest.raises(Refused) as refused:
            await assumed(newsroom, WhatIf([each]), noted)
        (error,) = refused.value.errors
        assert error.code == "NOT_FOUND"
        assert {draft.id, entry_id} & set(error.message.split("'")) == {each}
    await newsroom.publish(draft)
    assert await codes(newsroom, WhatIf(unpublish=[entry_id]), noted) == ["NOT_ALLOWED"]


async def test_what_makes_no_sense_is_refused(newsroom: Newsroom) -> None:
    public = await newsroom.published(title="A", slug="a")
    draft = await newsroom.draft(title="B", slug="b")
    entry_id = await newsroom.entry_id(draft)
    german = await newsroom.translate(draft, "de", title="B", slug="b", body="Text.")
    both = WhatIf([public.entry_id], [public.entry_id])
    assert await codes(newsroom, both) == ["INVALID_VALUE"]
    assert await codes(newsroom, WhatIf(unpublish=[entry_id])) == ["NOT_PUBLISHED"]
    assert await codes(newsroom, WhatIf([german.id])) == ["NOT_FOUND"]
    for each in ("nothing", "rev_0000000000000000000000000", german.edition_id, "\x00"):
        assert await codes(newsroom, WhatIf([each])) == ["NOT_FOUND"]
        assert await codes(newsroom, WhatIf(unpublish=[each])) == ["NOT_FOUND"]
    await newsroom.do(newsroom.publisher, archive_entry, entry_id)
    assert await codes(newsroom, WhatIf([entry_id])) == ["ARCHIVED"]
