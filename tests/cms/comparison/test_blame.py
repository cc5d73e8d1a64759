"""Each paragraph comes from the revision that brought it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cms.comparison.blame import ParagraphOrigin, blame, paragraphs_in
from cms.content.canonical_json import JsonObject
from tests.contents import content_of, contents, edited, section, value_at
from tests.sites import Article


def blamed(*revisions: JsonObject) -> list[tuple[str, str]]:
    """Return the texts of the newest revision, each with the number of its revision."""
    numbered = [(str(number), content) for number, content in enumerate(revisions, 1)]
    return [
        (each.text, each.revision_id)
        for each in blame(Article, numbered)
        if each.path not in {("title",), ("slug",)}
    ]


def test_a_page_without_revisions_has_no_paragraphs() -> None:
    assert blame(Article, []) == ()


def test_paragraphs_keep_their_origin_until_they_change() -> None:
    assert blamed(
        content_of(body="One.\n\nTwo.\n\nThree."),
        content_of(body="One.\n\nTwo!\n\nThree."),
        content_of(body="Three.\n\nOne.\n\nTwo!\n\nFour."),
    ) == [("Three.", "1"), ("One.", "1"), ("Two!", "2"), ("Four.", "3")]


def test_what_was_gone_for_a_while_is_new() -> None:
    assert blamed(
        content_of(body="One.\n\nTwo."), content_of(body="One."), content_of(body="One.\n\nTwo.")
    ) == [("One.", "1"), ("Two.", "3")]


def test_a_paragraph_that_comes_twice_is_old_once() -> None:
    assert blamed(content_of(body="Same."), content_of(body="Same.\n\nSame.")) == [
        ("Same.", "1"),
        ("Same.", "2"),
    ]


def test_sections_are_followed_when_they_move() -> None:
    first, second = section("What it does", "One.\n\nTwo."), section("Why", "Three.")
    assert blamed(
        content_of(sections=[first, second]),
        content_of(sections=[section("New"), second, {**first, "body": "One.\n\nTwo, edited."}]),
    ) == [
        ("New", "2"),
        ("All about new.", "2"),
        ("Why", "1"),
        ("Three.", "1"),
        ("What it does", "1"),
        ("One.", "1"),
        ("Two, edited.", "2"),
    ]


def test_other_values_are_blamed_as_a_whole() -> None:
    old = content_of(summary="Short.", rating=1, is_free=True, byline={"name": "A", "year": 1})
    new = content_of("Drop-out", summary="Short.", rating=2, is_free=True, byline={"name": "A"})
    found = blame(Article, [("1", old), ("2", new)])
    assert found[0] == ParagraphOrigin(
        path=("title",), label="Title", text="Drop-out", revision_id="2"
    )
    assert found[0].to_json()["revisionId"] == "2"
    assert [(each.label, each.text, each.revision_id) for each in found[2:]] == [
        ("Summary", "Short.", "1"),
        ("Rating", "2", "2"),
        ("Is free", "true", "1"),
        ("Byline \u203a Name", "A", "1"),
    ]


@given(st.data(), contents())
def test_every_paragraph_is_in_the_revision_that_it_comes_from(
    data: st.DataObject, first: JsonObject
) -> None:
    revisions = [first]
    for _ in range(data.draw(st.integers(0, 3))):
        revisions.append(data.draw(edited(revisions[-1])))
    numbered = {str(number): content for number, content in enumerate(revisions)}
    found = blame(Article, list(numbered.items()))
    newest = revisions[-1]
    sections = range(len(value_at(newest, ("fields", "sections"))))
    inside = [("fields", "sections", index, "body") for index in sections]
    for path in [("fields", "body"), *inside]:
        texts = [each.text for each in found if each.path == path]
        assert texts == paragraphs_in(value_at(newest, path) or "")
    assert found[0].text == newest["title"]
    for each in found:
        origin = numbered[each.revision_id]
        assert each.text.casefold() in str(origin).replace("\\n", "\n").casefold()
        assert str(value_at(newest, each.path)).casefold().count(each.text.casefold())
