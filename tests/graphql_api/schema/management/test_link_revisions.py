"""Links have the revisions whose publications brought and took them, as editors see them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from cms.authorization.actor import Actor, Grant
from cms.tables import Revision
from tests.graphql_api.conftest import Desk

WITH, WITHOUT = "[x](https://x.example/)", "Nothing"
FIELDS = """links { nodes {
  since { position } until { position }
  broughtBy { revision { id author { name } } } takenBy { revision { id } }
} }"""
PAST = f"""query($at: SitePosition) {{
  view(perspective: PUBLISHED, position: $at) {{ {FIELDS} }}
}}"""
DRAFTS = f"{{ view(perspective: DRAFT) {{ {FIELDS} }} }}"
# Fields that are read from the row of an entry, or through the view.
WHOLE = """query($at: SitePosition) { view(perspective: PUBLISHED, position: $at) { links { nodes {
  broughtBy { ...All } takenBy { ...All }
} } } }
fragment All on Entry {
  id type locale title path slug summary publishedAt basis isOutdated revision { number }
  category { name } tags { name } review { signedAt } seo { title } linkMetrics { inDegree }
  links { nodes { url target { ... on Entry { title } } } } linkGroups { kind }
  incomingLinks { totalCount } translations { id } availableLocales editions { id }
}"""


async def links(desk: Desk, query: str, actor: Actor | None = None, **variables: Any) -> Any:
    """Return the links of a view, as the author sees them."""
    data = await desk.data(actor or desk.newsroom.author, query, **variables)
    return data["view"]["links"]["nodes"]


async def position(desk: Desk) -> str:
    """Return the newest position."""
    found = (await desk.data(desk.newsroom.author, "{ position }"))["position"]
    assert isinstance(found, str)
    return found


async def random_history(desk: Desk, seed: int) -> tuple[list[str], list[tuple[str, bool] | None]]:
    """Publish a page many times, with a link and without, and unpublish it in between.

    Returns:
        After each step the position, and the public revision with whether it has the link.
    """
    random, newsroom = Random(seed), desk.newsroom  # noqa: S311  # chance
    head: Revision = await newsroom.draft(slug="page", body=WITHOUT)
    public = None
    positions: list[str] = []
    states: list[tuple[str, bool] | None] = []
    for step in range(14):
        if public is not None and random.random() < 0.2:
            await newsroom.unpublish(public)
            public = None
            states.append(None)
        else:
            has_link = random.random() < 0.7
            body = f"{WITH if has_link else WITHOUT} {step}"
            head = await newsroom.save(head, slug="page", body=body)
            (public,) = await newsroom.publish(head)
            states.append((head.id, has_link))
        positions.append(await position(desk))
    return positions, states


@pytest.mark.parametrize("seed", range(3))
async def test_they_are_those_at_the_ends_of_the_time_without_a_gap(desk: Desk, seed: int) -> None:
    positions, states = await random_history(desk, seed)
    has_link = [state is not None and state[1] for state in states]
    assert {True, False} == {*has_link}
    for at, is_there in enumerate(has_link):
        found = await links(desk, PAST, at=positions[at])
        if not is_there:
            assert found == []
            continue
        begin = next(each for each in range(at, -1, -1) if not each or not has_link[each - 1])
        end = next((each for each in range(at, len(states)) if not has_link[each]), None)
        bringing, taking = states[begin], states[end] if end is not None else None
        assert bringing is not None
        (link,) = found
        assert link["since"] == {"position": positions[begin]}
        assert link["until"] == (None if end is None else {"position": positions[end]})
        assert link["broughtBy"]["revision"]["id"] == bringing[0]
        assert link["takenBy"] == (None if taking is None else {"revision": {"id": taking[0]}})


async def test_a_view_of_drafts_has_them_for_what_is_public(desk: Desk) -> None:
    first = await desk.article(slug="page", body=WITH)
    (link,) = await links(desk, DRAFTS)
    assert link == {"since": None, "until": None, "broughtBy": None, "takenBy": None}
    await desk.publish(first)
    second = await desk.update(first, body=f"{WITH} again")
    await desk.publish(second)
    (link,) = await links(desk, DRAFTS)
    author = {"name": "Ada Author"}
    assert link["broughtBy"] == {"revision": {"id": first.revision, "author": author}}
    assert (link["until"], link["takenBy"]) == (None, None)


async def test_they_have_the_content_of_their_revisions_and_no_link_to_a_draft(desk: Desk) -> None:
    target = await desk.article(slug="target", title="Target")
    first = await desk.article(slug="page", title="First", body=f"{WITH} [t](/articles/target)")
    await desk.publish(target)
    await desk.publish(first)
    then = await position(desk)
    second = await desk.update(first, title="Second", body=WITHOUT)
    await desk.publish(second)
    await desk.update(second, title="Draft", body="[y](https://y.example/)")
    found = await links(desk, WHOLE, at=then)
    assert [each["broughtBy"]["title"] for each in found] == ["First", "First"]
    assert [each["takenBy"]["title"] for each in found] == ["Second", "Second"]
    assert [each["takenBy"]["links"]["nodes"] for each in found] == [[], []]


async def test_who_may_not_read_an_entry_does_not_get_its_revisions(desk: Desk) -> None:
    first = await desk.article(slug="page", body=WITH)
    await desk.publish(first)
    then = await position(desk)
    await desk.publish(await desk.update(first, body=WITHOUT))
    noted = await desk.newsroom.person("Nora Notes", Grant(role="author", content_type="Note"))
    (link,) = await links(desk, PAST, noted, at=then)
    assert link["since"] == {"position": then}
    assert (link["broughtBy"], link["takenBy"]) == (None, None)
