"""Fields that become required."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cms.content.fields import Block, Blocks, Choice, Field, List, Object, Text
from tests.cms.type_versions.scene import Scene, changed

EMPTY = {"body": "Some *text*."}


async def test_public_pages_have_a_required_value_before_it_is_required(scene: Scene) -> None:
    await scene.opened(changed(plan=Text()), EMPTY)
    after = changed(plan=Text(required=True, absent="none"))
    (problem,) = await scene.problems(after)
    assert (problem.place, problem.reason) == ("Article.plan", "Plan is required")
    assert scene.titles(problem) == {"Public", "Edited"}
    assert all(each.is_public for each in problem.entries)
    for title in ("Public", "Edited"):
        await scene.updated(title, plan="paid")
        await scene.published(title)
    await scene.migrated(after)
    assert await scene.seen("... on Article { plan }") == {"plan": "paid"}
    assert await scene.seen_then("... on Article { plan }") == {"plan": "none"}
    (refused,) = await scene.refusals_to_publish("Approved")
    assert refused == {"code": "MISSING_FIELD", "path": ["input", "plan"]}
    for title in ("Reviewed", "Approved", "Draft"):
        await scene.updated(title, plan="paid")
    await scene.signed("Approved")
    await scene.can_be_edited(restore="newest", besides=("Archived",))


async def test_readers_of_the_past_need_a_value_as_well(scene: Scene) -> None:
    await scene.opened(changed(plan=Text()), {**EMPTY, "plan": "paid"}, EMPTY)
    (problem,) = await scene.problems(changed(plan=Text(required=True)))
    assert problem.place == "Article.plan"
    assert "absent=" in problem.remedy
    assert scene.titles(problem) == {"Public"}
    await scene.migrated(changed(plan=Text(required=True, absent="none")))
    assert await scene.seen_then("... on Article { plan }") == {"plan": "none"}
    await scene.can_be_edited(restore="newest")


async def test_a_value_for_readers_of_the_past_stays_while_they_need_it(scene: Scene) -> None:
    await scene.opened(changed(plan=Text()), {**EMPTY, "plan": "paid"}, EMPTY)
    await scene.migrated(changed(plan=Text(required=True, absent="none")))
    (problem,) = await scene.problems(changed(plan=Text(required=True)))
    assert scene.titles(problem) == {"Public"}
    await scene.migrated(changed(plan=Text(required=True, absent="unknown")))
    assert await scene.seen_then("... on Article { plan }") == {"plan": "unknown"}


async def test_a_page_that_was_taken_back_was_public_as_well(scene: Scene) -> None:
    await scene.opened(changed(plan=Text()), {**EMPTY, "plan": "paid"})
    await scene.published("Former", EMPTY)
    await scene.unpublished("Former")
    (problem,) = await scene.problems(changed(plan=Text(required=True)))
    assert "absent=" in problem.remedy
    assert scene.titles(problem) == {"Former"}


async def test_readers_of_the_past_need_a_value_within_others_as_well(scene: Scene) -> None:
    empty = {**EMPTY, "box": [{"text": "a", "source": None}]}
    full = {**EMPTY, "box": [{"text": "a", "source": "b"}]}
    before = changed(box=List(of=Object("Box", text=Text(), source=Text())))
    await scene.opened(before, full, empty)
    box = Object("Box", text=Text(), source=Text(required=True))
    (problem,) = await scene.problems(changed(box=List(of=box)))
    assert problem.place == "Article.box.source"
    assert "absent=" in problem.remedy
    assert scene.titles(problem) == {"Public"}


async def test_a_new_required_field_is_refused_in_the_same_way(scene: Scene) -> None:
    await scene.opened(changed(), EMPTY)
    plan = Choice(choices=("A",), required=True, absent="A")
    (problem,) = await scene.problems(changed(plan=plan))
    assert problem.place == "Article.plan"
    assert scene.titles(problem) == {"Public", "Edited"}


@dataclass(frozen=True)
class Within:
    """A field within others that becomes required.

    Attributes:
        before: the field around it.
        after: the same, with the required field.
        empty: a value without the inner one.
        full: a value with it.
        selection: how it is asked for.
        seen: what readers see of it, given the inner value.
    """

    before: Callable[[], Field]
    after: Callable[[], Field]
    empty: Any
    full: Any
    selection: str
    seen: Callable[[str], Any]


def quote_blocks(**settings: Any) -> Blocks:
    """Return blocks with a source."""

    class Quote(Block):
        text = Text()
        source = Text(**settings)

    return Blocks(Quote)


REQUIRED: dict[str, Any] = {"required": True, "absent": "unknown"}
WITHIN = {
    "object": Within(
        before=lambda: Object("Box", text=Text(), source=Text()),
        after=lambda: Object("Box", text=Text(), source=Text(**REQUIRED)),
        empty={"text": "a", "source": None},
        full={"text": "a", "source": "b"},
        selection="source",
        seen=lambda word: {"source": word},
    ),
    "list": Within(
        before=lambda: List(of=Object("Box", text=Text(), source=Text())),
        after=lambda: List(of=Object("Box", text=Text(), source=Text(**REQUIRED))),
        empty=[{"text": "a", "source": None}],
        full=[{"text": "a", "source": "b"}],
        selection="source",
        seen=lambda word: [{"source": word}],
    ),
    "block": Within(
        before=quote_blocks,
        after=lambda: quote_blocks(**REQUIRED),
        empty=[{"type": "Quote", "text": "a", "source": None}],
        full=[{"type": "Quote", "text": "a", "source": "b"}],
        selection="... on Quote { source }",
        seen=lambda word: [{"source": word}],
    ),
}


@pytest.mark.parametrize("name", WITHIN)
async def test_a_field_within_others_becomes_required(scene: Scene, name: str) -> None:
    case = WITHIN[name]
    await scene.opened(changed(outer=case.before()), {**EMPTY, "outer": case.empty})
    (problem,) = await scene.problems(changed(outer=case.after()))
    assert (problem.place, problem.reason) == ("Article.outer.source", "Source is required")
    assert scene.titles(problem) == {"Public", "Edited"}
    for title in ("Public", "Edited"):
        await scene.updated(title, outer=case.full)
        await scene.published(title)
    await scene.migrated(changed(outer=case.after()))
    selection = f"... on Article {{ outer {{ {case.selection} }} }}"
    assert await scene.seen(selection) == {"outer": case.seen("b")}
    assert await scene.seen_then(selection) == {"outer": case.seen("unknown")}
