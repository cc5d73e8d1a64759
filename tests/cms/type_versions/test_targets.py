"""Links and references that lead to other types, or are several."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cms.content.fields import Field, Links, Reference, References
from cms.site import Site
from tests.cms.type_versions.scene import STATES, Scene, content_type, site_of

USED = {*STATES} - {"Archived"}
FIELDS: dict[str, Callable[..., Field]] = {
    "links": Links,
    "reference": Reference,
    "references": References,
}


def site(**fields: Field) -> Site:
    """Return a site of articles that lead to topics and guides."""
    return site_of(
        content_type("Topic", "/topics/{slug}"),
        content_type("Guide", "/guides/{slug}"),
        content_type(**fields),
    )


async def opened(scene: Scene, before: Site, value: object) -> None:
    """Fill the site, so that every article leads to a guide."""
    await scene.changing.migrate(before)
    for name in ("Topic", "Guide"):
        await scene.published(name, {"body": "x"}, content_type=name)
    await scene.opened(before, {"body": "Some *text*.", "about": value})


@pytest.mark.parametrize("name", FIELDS)
async def test_targets_are_narrowed_once_nothing_leads_elsewhere(scene: Scene, name: str) -> None:
    make, many = FIELDS[name], name != "reference"
    guide, topic = ("/guides/guide", "/topics/topic")
    await opened(scene, site(about=make()), [guide] if many else guide)
    after = site(about=make(to=("Topic",)))
    (problem,) = await scene.problems(after)
    assert problem.place == "Article.about"
    assert problem.reason == "leads to a Guide, and not to a Topic"
    assert scene.titles(problem) == USED
    for title in ("Public", "Edited"):
        await scene.updated(title, about=[topic] if many else topic)
        await scene.published(title)
    for title in ("Reviewed", "Draft"):
        await scene.updated(title, about=None)
    await scene.archived("Approved")
    await scene.migrated(after)
    selection = {
        "links": "about { target { ... on Entry { title } } }",
        "reference": "about { title }",
        "references": "about { title }",
    }[name]
    seen = await scene.seen(f"... on Article {{ {selection} }}")
    one = {"target": {"title": "Topic"}} if name == "links" else {"title": "Topic"}
    assert seen == {"about": [one] if many else one}
    then = await scene.seen_then(f"... on Article {{ {selection} }}")
    assert then["about"] in (None, [], [{"target": None}])
    await scene.can_be_edited(besides=("Approved", "Archived"))
    # A restored revision leads to a guide, which these references no longer show.
    restored = await scene.seen(f"... on Article {{ {selection} }}")
    expected = {"links": [{"target": {"title": "Guide"}}], "reference": None, "references": []}
    assert restored == {"about": expected[name]}


async def test_one_reference_becomes_several_by_another_field(scene: Scene) -> None:
    await opened(scene, site(about=Reference()), "/guides/guide")
    (problem,) = await scene.problems(site(about=References()))
    assert problem.reason == "has a Reference, and the field becomes a List of Reference"
    assert scene.titles(problem) == USED
    await scene.migrated(site(about=Reference(), several=References()))
    for title in ("Public", "Edited"):
        await scene.updated(title, several=["/guides/guide"], about=None)
        await scene.published(title)
    await scene.migrated(site(several=References()))
    assert await scene.seen("... on Article { several { title } }") == {
        "several": [{"title": "Guide"}]
    }
    await scene.can_be_edited()
