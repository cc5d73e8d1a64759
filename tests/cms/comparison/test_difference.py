"""A difference tells what an editor did, and no more."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comparison.difference import (
    Difference,
    WordChange,
    difference,
    is_materially_different,
    words_between,
)
from cms.comparison.sequences import moved_positions
from cms.content.canonical_json import JsonObject
from tests.contents import ENTRIES, TAGS, content_of, contents, edited, section, texts, value_at
from tests.sites import Article


def changes(old: JsonObject, new: JsonObject) -> list[tuple[str, str]]:
    return [(change.kind, change.label) for change in difference(Article, old, new).changes]


def link_changes(old: JsonObject, new: JsonObject) -> list[tuple[str, Any]]:
    return [
        (change.kind, (change.new or change.old or {})["url"])
        for change in difference(Article, old, new).links
    ]


# --- Words ---


def test_words_are_compared_whole() -> None:
    assert words_between("It drops units at random.", "It drops some units at random.") == (
        WordChange("SAME", "It drops "),
        WordChange("ADDED", "some "),
        WordChange("SAME", "units at random."),
    )


def test_a_word_stays_the_same_when_words_follow_it() -> None:
    assert words_between("One two", "One two three") == (
        WordChange("SAME", "One two"),
        WordChange("ADDED", " three"),
    )


def test_another_paragraph_is_told_as_one() -> None:
    old = "The first is here.\n\nThe last."
    new = "The first is here.\n\nThe new one.\n\nThe last."
    assert words_between(old, new) == (
        WordChange("SAME", "The first is here.\n\n"),
        WordChange("ADDED", "The new one.\n\n"),
        WordChange("SAME", "The last."),
    )


def test_words_that_are_the_same_by_chance_are_not_kept() -> None:
    old = "Complete nonsense was a thing written here"
    new = "Something else altogether, a sentence with other meaning"
    assert [word.operation for word in words_between(old, new)] == ["REMOVED", "ADDED"]


def test_only_white_space_changed() -> None:
    assert words_between("one two", "one\n\ntwo") == (
        WordChange("SAME", "one"),
        WordChange("REMOVED", " "),
        WordChange("ADDED", "\n\n"),
        WordChange("SAME", "two"),
    )


def test_scripts_without_spaces_are_compared_by_character() -> None:
    words = words_between("機械学習の本を読む", "機械学習の論文を読む")
    assert [word.text for word in words if word.operation == "SAME"] == ["機械学習の", "を読む"]


_any_text = st.text() | st.text("ab \n.") | texts


@given(_any_text, _any_text)
def test_words_make_both_texts(old: str, new: str) -> None:
    words = words_between(old, new)
    assert "".join(word.text for word in words if word.operation != "REMOVED") == new
    assert "".join(word.text for word in words if word.operation != "ADDED") == old
    assert all(word.text for word in words)


# --- Values ---


def test_every_kind_of_value_is_compared() -> None:
    old = content_of(body="Text", rating=3, is_free=False, byline={"name": "A", "year": 1})
    new = content_of(
        title="Drop-out",
        slug="dropout",
        summary="Short.",
        category="cat_" + "a" * 26,
        tags=(TAGS[0],),
        body="Text",
        rating=4,
        is_free=None,
        level="EASY",
        byline={"name": "B", "year": 1},
    )
    assert changes(old, new) == [
        ("CHANGED", "Title"),
        ("ADDED", "Summary"),
        ("ADDED", "Category"),
        ("CHANGED", "Rating"),
        ("REMOVED", "Is free"),
        ("ADDED", "Level"),
        ("CHANGED", "Byline \u203a Name"),
        ("ADDED", "Tags"),
    ]


def test_tags_are_compared_by_their_words() -> None:
    old, new = content_of(tags=("LoRA", "gone", "same")), content_of(tags=("Lora", "new", "same"))
    found = difference(Article, old, new).changes
    assert [(each.kind, each.path, each.old_path, each.old, each.new) for each in found] == [
        ("REMOVED", ("tags", 0), ("tags", 0), "gone", None),
        ("CHANGED", ("tags", 0), ("tags", 1), "LoRA", "Lora"),
        ("ADDED", ("tags", 1), None, None, "new"),
    ]


def test_a_changed_heading_of_links_is_a_change_that_readers_see() -> None:
    old = content_of(related=["/a"], sources=["/b"])
    assert old["headings"] == {"related": "Related reading", "source": "Sources"}
    new = {**old, "headings": {"related": "Read on", "source": "Sources"}}
    found = difference(Article, old, new)
    (change,) = found.changes
    assert (change.kind, change.path, change.label) == (
        *("CHANGED", ("headings", "related")),
        "Heading of links",
    )
    assert (change.old, change.new, found.is_material) == ("Related reading", "Read on", True)
    assert is_materially_different(Article, old, new)
    assert "<ins>" in found.html()


def test_a_heading_that_comes_with_its_links_is_no_change_of_its_own() -> None:
    old, new = content_of(body="Text"), content_of(body="Text", related=["/a"])
    assert difference(Article, old, new).changes == ()


def test_a_section_in_front_is_one_addition() -> None:
    old = content_of(sections=[section("A"), section("B")])
    new = content_of(sections=[section("New"), section("A"), section("B")])
    (change,) = difference(Article, old, new).changes
    assert (change.kind, change.path, change.old_path) == ("ADDED", ("fields", "sections", 0), None)
    assert change.new == section("New")


def test_a_section_that_changed_places_is_one_move() -> None:
    names = ["A", "B", "C", "D"]
    old = content_of(sections=[section(name) for name in names])
    new = content_of(sections=[section(name) for name in ["D", "A", "B", "C"]])
    (change,) = difference(Article, old, new).changes
    assert (change.kind, change.label) == ("MOVED", "Sections \u203a D")
    assert (change.old_path, change.path) == (("fields", "sections", 3), ("fields", "sections", 0))


def test_an_edited_section_is_told_by_what_was_edited() -> None:
    old = content_of(sections=[section("What it does", "It drops units."), section("B")])
    new = content_of(
        sections=[section("B"), section("New"), section("What it does", "It drops some units.")]
    )
    assert changes(old, new) == [
        ("MOVED", "Sections \u203a B"),
        ("ADDED", "Sections \u203a New"),
        ("CHANGED", "Sections \u203a What it does \u203a Body"),
    ]
    change = difference(Article, old, new).changes[2]
    assert (change.path, change.old_path) == (
        ("fields", "sections", 2, "body"),
        ("fields", "sections", 0, "body"),
    )
    assert WordChange("ADDED", "some ") in change.words


def test_a_section_with_another_heading_is_known_by_its_words() -> None:
    body = "It drops some of the units at random while the network is trained."
    old = content_of(sections=[section("What it does", body), section("B")])
    new = content_of(sections=[section("How it works", body), section("B")])
    assert changes(old, new) == [("CHANGED", "Sections \u203a How it works \u203a Heading")]


def test_texts_in_a_list_are_known_by_their_words() -> None:
    old = content_of(aliases=["drop out", "unit dropout in networks", "x"])
    new = content_of(aliases=["x", "unit dropout in deep networks", "thinning"])
    assert changes(old, new) == [
        ("REMOVED", "Aliases"),
        ("MOVED", "Aliases"),
        ("CHANGED", "Aliases"),
        ("ADDED", "Aliases"),
    ]


# --- Links ---


def test_a_link_that_was_pushed_down_has_not_moved() -> None:
    old = content_of(related=["/a", "/b", "/c"], body="[x](/x)")
    new = content_of(related=["/new", "/a", "/c", "/b"], body="[y](/y) [x](/x)")
    found = link_changes(old, new)
    assert sorted(kind for kind, _ in found) == ["ADDED", "ADDED", "MOVED"]
    assert ("ADDED", "/new") in found
    assert ("ADDED", "/y") in found


def test_link_fields_are_told_as_links_alone() -> None:
    new = content_of(related=[{"href": "/a", "label": "A"}, "/b"])
    assert changes(content_of(related=["/a"]), new) == []
    assert link_changes(content_of(related=["/a"]), new) == [("ADDED", "/b"), ("RELABELLED", "/a")]


def test_links_move_with_their_section() -> None:
    linking = section("A", "See [this](/x).")
    old = content_of(sections=[section("B"), linking])
    new = content_of(sections=[linking, section("New"), section("B")])
    assert link_changes(old, new) == []


def test_a_link_in_another_group_has_moved() -> None:
    first, second = {"title": "First", "see": ["/x"]}, {"title": "Second", "body": "B"}
    old = content_of(steps=[first, second])
    new = content_of(steps=[{**first, "see": [], "body": "A"}, {**second, "see": ["/x"]}])
    assert link_changes(old, new) == [("MOVED", "/x")]
    assert difference(Article, content_of(steps=[first, second]), new).links[0].changed_groups


def test_of_two_equal_links_the_right_one_is_missed() -> None:
    sections = [section("A", "[a](/x)"), section("B", "[a](/x)")]
    old = content_of(sections=sections)
    new = content_of(sections=[section("A", "a"), sections[1]])
    (change,) = difference(Article, old, new).links
    assert change.old is not None
    assert (change.kind, change.old["fieldPath"]) == ("REMOVED", "sections/0/body")


def test_a_reference_is_told_as_a_value_and_as_a_link() -> None:
    found = difference(Article, content_of(about=ENTRIES[0]), content_of(about=ENTRIES[1]))
    assert [change.label for change in found.changes] == ["About"]
    assert [change.kind for change in found.links] == ["REMOVED", "ADDED"]


# --- What a reader would notice ---


@pytest.mark.parametrize(
    ("changed", "is_material"),
    [
        ({"title": "Other", "slug": "dropout"}, True),
        ({"summary": "Short."}, True),
        ({"body": "Other"}, True),
        ({"rating": 0}, True),
        ({"related": ["/a"]}, True),
        ({"related": [{"href": "/a", "label": "L"}, "/b"]}, True),
        ({"related": ["/b", "/a"]}, False),
        ({"related": [{"href": "/a", "note": "N"}, "/b"]}, False),
        ({"slug": "other"}, False),
        ({"category": "cat_" + "a" * 26}, False),
        ({"tags": (TAGS[1],)}, False),
    ],
)
def test_material_is_what_a_reader_would_read(changed: dict[str, Any], is_material: bool) -> None:
    values: dict[str, Any] = {"body": "Text", "related": ["/a", "/b"]}
    old, new = content_of(**values), content_of(**{**values, **changed})
    found = difference(Article, old, new)
    assert not found.is_empty
    assert found.is_material is is_material
    assert is_materially_different(Article, old, new) is is_material


# --- How it is shown ---


def test_html_shows_the_words_and_escapes_them() -> None:
    old = content_of(title="<script>", body="One & two", related=["/a"])
    new = content_of(title='"quoted"', body="One & <b>two</b>\n\nthree", related=["/a?b=<c>"])
    html = difference(Article, old, new).html()
    assert "<h3>Title</h3><p><del>&lt;script&gt;</del><ins>&quot;quoted&quot;</ins></p>" in html
    assert "&lt;b&gt;two&lt;/b&gt;<br><br>three" in html
    assert "<li><ins>(related: /a?b=&lt;c&gt;)</ins></li>" in html
    assert "<script" not in html


def test_html_tells_moves() -> None:
    old = content_of(sections=[section("A"), section("B")], related=["/a", "/b"])
    new = content_of(sections=[section("B"), section("A")], related=["/b", "/a"])
    html = difference(Article, old, new).html()
    assert "Moved from place 2 to place 1." in html or "Moved from place 1 to place 2." in html
    assert "<li>Moved: (related: " in html


def test_json_has_what_an_api_shows() -> None:
    found = difference(Article, content_of(title="A", slug="a"), content_of(title="B", slug="a"))
    assert found.to_json() == {
        "isEmpty": False,
        "isMaterial": True,
        "changes": [
            {
                "kind": "CHANGED",
                "path": ["title"],
                "oldPath": ["title"],
                "label": "Title",
                "old": "A",
                "new": "B",
                "words": [
                    {"operation": "REMOVED", "text": "A"},
                    {"operation": "ADDED", "text": "B"},
                ],
            }
        ],
        "links": [],
    }


# --- Laws ---


@given(contents())
def test_nothing_differs_from_itself(content: JsonObject) -> None:
    found = difference(Article, content, content)
    assert found == Difference((), ())
    assert found.is_empty
    assert not found.is_material


@given(st.data(), contents())
def test_every_change_says_where_it_is(data: st.DataObject, old: JsonObject) -> None:
    new = data.draw(edited(old))
    found = difference(Article, old, new)
    assert found.is_empty == (old == new)
    for change in found.changes:
        content = old if change.kind == "REMOVED" else new
        expected = change.old if content is old else change.new
        assert value_at(content, change.path) == expected
        if change.old_path is not None:
            assert value_at(old, change.old_path) == change.old
    assert found.html().count("<section>") == found.html().count("</section>")
    assert found.is_material or all(change.path[0] != "fields" for change in found.changes)
    assert is_materially_different(Article, old, new) is found.is_material


@given(st.permutations(range(6)))
def test_as_few_have_moved_as_can_be(order: list[int]) -> None:
    stay = set(range(6)) - moved_positions(order)
    kept = [order[position] for position in sorted(stay)]
    longest = max(
        size
        for size in range(7)
        for chosen in combinations(order, size)
        if list(chosen) == sorted(chosen)
    )
    assert kept == sorted(kept)
    assert len(kept) == longest
