"""Values that the content type no longer declares are in a difference, and count as not shown."""

from __future__ import annotations

from typing import Any

from cms.comparison.difference import difference
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Block, Blocks, Links, List, Object, Text
from cms.content.links import Edge, Origin
from cms.content.snapshot import Draft, clean_draft, take_snapshot


class Quote(Block):
    """A block that lost its source."""

    text = Text()


class Page(ContentType, path="/{slug}"):
    """A type that lost fields."""

    box = Object("Box", name=Text())
    rows = List(of=Object("Row", cell=Text()))
    parts = Blocks(Quote)
    more = Links()


def content(**fields: Any) -> JsonObject:
    """Return a content with values as they are stored."""
    draft, problems = clean_draft(Page, Draft(title="A page"))
    assert problems == []
    stored = take_snapshot(Page, "en", draft, {}).content
    links = fields.pop("links", [])
    return {**stored, "fields": {**dict(stored)["fields"], **fields}, "links": links}  # type: ignore[dict-item]


def changes(old: JsonObject, new: JsonObject) -> list[tuple[str, str, Any, Any]]:
    """Return the changes."""
    found = difference(Page, old, new).changes
    return [(each.kind, each.label, each.old, each.new) for each in found]


def test_a_value_of_a_removed_field_is_added_changed_and_removed() -> None:
    none, one, two = content(), content(sub_title="One"), content(sub_title="Two")
    assert changes(none, one) == [("ADDED", "Sub title", None, "One")]
    assert changes(one, two) == [("CHANGED", "Sub title", "One", "Two")]
    assert changes(two, none) == [("REMOVED", "Sub title", "Two", None)]
    assert changes(one, one) == []


def test_its_words_are_compared() -> None:
    (change,) = difference(Page, content(sub="One two"), content(sub="One three")).changes
    assert [each.operation for each in change.words] == ["SAME", "REMOVED", "ADDED"]


def test_it_is_not_material_since_readers_do_not_see_it() -> None:
    assert not difference(Page, content(sub="One"), content()).is_material


def test_a_field_of_another_kind_has_its_name() -> None:
    assert changes(content(**{"plan~3": 1}), content()) == [("REMOVED", "Plan", 1, None)]


def test_values_within_others_are_compared_wherever_they_moved() -> None:
    one, two = {"cell": "a", "gone": "x"}, {"cell": "b", "gone": "y"}
    assert changes(content(box={"name": "n", "gone": "x"}), content(box={"name": "n"})) == [
        ("REMOVED", "Box \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} Gone", "x", None)
    ]
    moved = changes(content(rows=[one, two]), content(rows=[two, one]))
    assert [each[0] for each in moved] == ["MOVED"]
    kinds = [
        each[0] for each in changes(content(rows=[one, two]), content(rows=[one, {"cell": "b"}]))
    ]
    assert kinds == ["REMOVED"]


def test_a_block_of_a_removed_class_is_one_removed_item() -> None:
    quote, aside = {"type": "Quote", "text": "q"}, {"type": "Aside", "text": "a"}
    (change,) = changes(content(parts=[quote, aside]), content(parts=[quote]))
    assert (change[0], change[2]) == ("REMOVED", aside)


def test_links_of_a_removed_field_are_among_the_links_alone() -> None:
    link = {"href": "https://example.org", "label": "", "note": ""}
    edge = Edge(origin=Origin.FIELD, kind="old", field_path="old", ordinal=0, url=link["href"])
    found = difference(Page, content(old=[link], links=[edge.to_json()]), content())
    assert found.changes == ()
    assert [each.kind for each in found.links] == ["REMOVED"]
