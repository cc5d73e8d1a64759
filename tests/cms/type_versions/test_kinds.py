"""Fields that become fields of another kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cms.content.fields import (
    Boolean,
    Date,
    Decimal,
    Field,
    Integer,
    List,
    Markdown,
    Number,
    Object,
    Text,
    Url,
)
from tests.cms.type_versions.scene import STATES, Scene, changed


@dataclass(frozen=True)
class Case:
    """A field of another kind.

    Attributes:
        field: the new field.
        value: a value of it, in a draft.
        selection: how it is asked for.
        seen: what readers see of it.
    """

    field: Callable[[], Field]
    value: Any
    selection: str
    seen: Any


CASES = {
    "integer": Case(Integer, 101, "new", 101),
    "list": Case(lambda: List(of=Text()), ["101"], "new", ["101"]),
    "markdown": Case(Markdown, "*101*", "new { html }", {"html": "<p><em>101</em></p>"}),
    "date": Case(Date, "2020-01-01", "new", "2020-01-01"),
    "boolean": Case(Boolean, True, "new", True),
}
OLD = {"old": "101", "body": "Some *text*."}


@pytest.mark.parametrize("name", CASES)
async def test_another_kind_is_another_field(scene: Scene, name: str) -> None:
    case = CASES[name]
    await scene.opened(changed(old=Text()), OLD)
    (problem,) = await scene.problems(changed(old=case.field()))
    assert problem.place == "Article.old"
    assert problem.reason.startswith("has a Text, and the field becomes a ")
    assert "another name" in problem.remedy
    assert scene.titles(problem) == {*STATES} - {"Archived"}
    # The way that it names.
    await scene.migrated(changed(old=Text(), new=case.field()))
    for title in ("Public", "Edited"):
        await scene.updated(title, new=case.value)
        await scene.published(title)
    await scene.migrated(changed(new=case.field()))
    assert (await scene.seen(f"... on Article {{ {case.selection} }}"))["new"] == case.seen
    assert await scene.seen_then(f"... on Article {{ {case.selection} }}") in (
        {"new": None},
        {"new": []},
    )
    await scene.can_be_edited()


async def test_the_old_name_is_free_for_the_new_kind_afterwards(scene: Scene) -> None:
    await scene.opened(changed(old=Text()), OLD)
    await scene.migrated(changed(old=Text(), number=Integer()))
    for title in ("Public", "Edited"):
        await scene.updated(title, number=102)
        await scene.published(title)
    await scene.migrated(changed(number=Integer()))
    await scene.migrated(changed(old=Integer(was="number")))
    asked = """{ articles(where: {old: {gte: 100}}) { totalCount aggregate { sum { old } } } }"""
    seen = await scene.api.data(asked)
    assert seen == {"articles": {"totalCount": 2, "aggregate": {"sum": {"old": 204}}}}
    assert await scene.seen_then("... on Article { old }") == {"old": None}
    await scene.can_be_edited()


async def test_a_kind_changes_at_once_where_nothing_has_a_value(scene: Scene) -> None:
    empty = {"body": "Some *text*."}
    await scene.opened(changed(old=Text()), empty, OLD)
    await scene.migrated(changed(old=Integer()))
    assert await scene.seen("... on Article { old }") == {"old": None}
    assert await scene.seen_then("... on Article { old }") == {"old": None}
    await scene.updated("Public", old=5)
    await scene.published("Public")
    assert await scene.seen("... on Article { old }") == {"old": 5}
    await scene.can_be_edited()


async def test_a_field_within_others_is_another_field_as_well(scene: Scene) -> None:
    value = {"box": [{"old": "101", "name": "N"}], "body": "Some *text*."}
    await scene.opened(changed(box=List(of=Object("Box", name=Text(), old=Text()))), value)
    after = changed(box=List(of=Object("Box", name=Text(), old=Integer())))
    (problem,) = await scene.problems(after)
    assert problem.place == "Article.box.old"
    assert scene.titles(problem) == {*STATES} - {"Archived"}


async def test_a_kind_that_reads_the_same_values_is_refused_only_where_they_do_not_fit(
    scene: Scene,
) -> None:
    await scene.opened(changed(old=Text()), {**OLD, "old": "https://example.org"}, OLD)
    await scene.draft("Other", OLD)
    (problem,) = await scene.problems(changed(old=Url()))
    assert scene.titles(problem) == {"Other"}
    await scene.updated("Other", old="https://example.org/other")
    await scene.migrated(changed(old=Url()))
    assert await scene.seen("... on Article { old }") == {"old": "https://example.org"}
    await scene.can_be_edited()


# Fields that become decimals: a value that fits and how it is shown, and one that does not.
DECIMALS: dict[str, tuple[Callable[[], Field], tuple[Any, str], tuple[Any, str]]] = {
    "a text": (Text, ("19.9", "19.90"), ("from 19.90", "from 19.90")),
    "a whole number": (Integer, (19, "19.00"), (2**31 - 1, "2147483647.00")),
    "a number": (Number, (19.9, "19.90"), (19.905, "19.905")),
    "fewer places": (
        lambda: Decimal(places=1),
        ("19.9", "19.90"),
        ("1234567.8", "1234567.80"),
    ),
    "more places": (lambda: Decimal(places=3), ("19.900", "19.90"), ("19.905", "19.905")),
}


@pytest.mark.parametrize("name", DECIMALS)
async def test_a_field_becomes_a_decimal_where_all_values_are_such_numbers(
    scene: Scene, name: str
) -> None:
    before, (value, shown), (other, shown_then) = DECIMALS[name]
    await scene.opened(changed(old=before()), {**OLD, "old": value}, {**OLD, "old": other})
    await scene.draft("Other", {**OLD, "old": other})
    after = changed(old=Decimal(digits=8, indexed=True))
    (problem,) = await scene.problems(after)
    assert problem.place == "Article.old"
    assert scene.titles(problem) == {"Other"}
    await scene.updated("Other", old=value)
    await scene.migrated(after)
    assert await scene.seen("... on Article { old }") == {"old": shown}
    asked = f'{{ articles(where: {{old: {{eq: "{shown}"}}}}) {{ nodes {{ old }} }} }}'
    assert [each["old"] for each in (await scene.api.data(asked))["articles"]["nodes"]]
    assert await scene.seen_then("... on Article { old }") == {"old": shown_then}
    await scene.can_be_edited()
