"""The kind of links is signed: it is that of the stored links, whatever their field is called."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from cms.content.fields import Links
from cms.type_versions.binding import bound_site
from cms.type_versions.changes import changes_between
from cms.type_versions.declaration import declare
from tests.cms.type_versions.scene import Scene, changed

LINKS = ["https://example.org/a"]
ASK = "{ articles { nodes { title more { kind kindName } linkGroups { kind label } } } }"


def versions(*fields: dict[str, Links]) -> list[Any]:
    """Return the declarations of a site whose links are declared so, one after the other."""
    found: list[Any] = [None]
    for number, each in enumerate(fields, start=1):
        found.append(declare(changed(**each), found[-1], number))
    return found[1:]


@pytest.mark.parametrize("kind", ["further", ""])
@pytest.mark.parametrize("kind_before", ["further", ""])
async def test_links_keep_their_kind_under_another_name(
    scene: Scene, kind: str, kind_before: str
) -> None:
    before = changed(further=Links("Further", kind=kind_before))
    await scene.changing.migrate(before)
    await scene.published("Old", {"further": LINKS})
    await scene.migrated(changed(more=Links("Further", kind=kind, was="further")))
    await scene.migrated(changed(more=Links("Further", kind=kind)))
    await scene.published("New", {"more": LINKS})
    nodes = (await scene.api.data(ASK))["articles"]["nodes"]
    assert {each["title"] for each in nodes} == {"Old", "New"}
    for each in nodes:
        assert each["more"] == [{"kind": "FURTHER", "kindName": "further"}]
        assert each["linkGroups"] == [{"kind": "FURTHER", "label": "Further"}]


def test_a_set_of_links_has_the_kinds_that_they_are_stored_with() -> None:
    after = changed(more=Links("F", was="further"))
    after.link_sets = {"mine": ("more", "inline")}
    (before,) = versions({"further": Links("F")})
    bound = bound_site(after, declare(after, before, 2))
    assert bound.link_sets == {"mine": ("further", "inline")}
    assert {*bound.link_sets["mine"]} <= {*bound.link_kinds}


def test_a_kind_that_is_the_former_name_is_no_change_of_it() -> None:
    made = versions(
        {"further": Links("F")},
        {"more": Links("F", kind="further", was="further")},
        {"more": Links("F")},
        {"more": Links("F", kind="further")},
    )
    codes = [[each.code for each in changes_between(*pair)] for pair in pairwise(made)]
    assert codes == [["FIELD_RENAMED"], [], []]


async def test_a_kind_that_is_the_new_name_is_another_kind(scene: Scene) -> None:
    await scene.changing.migrate(changed(further=Links("Further")))
    await scene.published("Public", {"further": LINKS})
    after = changed(more=Links("Further", kind="more", was="further"))
    (problem,) = await scene.problems(after)
    assert problem.place == "Article.more"
    assert "keep kind='further'" in problem.remedy
    await scene.published("Public", {"further": []})
    await scene.migrated(after)
    await scene.published("Public", {"more": LINKS})
    assert await scene.seen("... on Article { more { kind } }") == {"more": [{"kind": "MORE"}]}
