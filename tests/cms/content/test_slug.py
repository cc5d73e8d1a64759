"""Slugs and anchors: the words of a text as they stand in addresses."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.slug import Anchors, is_path_slug, is_slug, slug_of_title, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Crème Brûlée", "creme-brulee"),
        ("C++ & C#", "c-c"),
        ("snake_case", "snake-case"),
        ("Don't panic", "dont-panic"),
        ("zero\u200bwidth so\u00adft", "zerowidth-soft"),
        ("プライバシー", "プライバシー"),
        ("ガス", "ガス"),
        ("हिन्दी", "हिन्दी"),
        ("Йогурт", "йогурт"),
        ("\uff26\uff55ll \ufb01t", "full-fit"),
        ("e\u20dd", "e"),
        ("\u0301abc \u3099カ", "abc-カ"),
        ("!", ""),
    ],
)
def test_latin_letters_lose_their_accents_and_others_keep_their_marks(text: str, slug: str) -> None:
    assert slugify(text) == unicodedata.normalize("NFC", slug)


def test_the_words_of_tags_and_anchors_keep_their_letters() -> None:
    assert slugify("Smørrebrød på Ærø") == "smørrebrød-pa-ærø"


def test_words_that_differ_by_a_mark_have_different_slugs() -> None:
    assert len({slugify(word) for word in ("ガス", "カス", "Йод", "Иод")}) == 4


@given(st.text())
def test_what_is_made_is_a_slug_and_stays_as_it_is(text: str) -> None:
    slug = slugify(text)
    assert not slug or is_slug(slug)
    assert not slug or is_path_slug(slug)
    assert slugify(slug) == slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Łódź", "lodz"),
        ("Smørrebrød på Ærø", "smorrebrod-pa-aero"),
        ("Đà Nẵng", "da-nang"),
        ("Þingvellir & Œuvre", "thingvellir-oeuvre"),
        ("Iğdır ħ ß", "igdir-h-ss"),
        ("Hawaiʻi", "hawaii"),
        ("プライバシー हिन्दी Йогурт", "プライバシー-हिन्दी-йогурт"),
        ("ʔ", "ʔ"),
        ("!", ""),
    ],
)
def test_a_proposed_slug_has_latin_letters_of_ascii(title: str, slug: str) -> None:
    assert slug_of_title(title) == unicodedata.normalize("NFC", slug)


@given(st.text())
def test_what_is_proposed_is_a_slug_and_stays_as_it_is(title: str) -> None:
    slug = slug_of_title(title)
    assert not slug or is_slug(slug)
    assert slug_of_title(slug) == slug


@pytest.mark.parametrize(
    "text", ["", "-", "a-", "a--b", "A", "a b", "a/b", "a.b", "a_b", "x?", "e\u0301", "\u0302a"]
)
def test_a_slug_is_words_with_hyphens(text: str) -> None:
    assert not is_slug(text)


@pytest.mark.parametrize("text", ["a", "a/b", "2024/01/05/Über.html", "v1.2_x~y", "हिन्दी/ガス"])
def test_a_path_slug_is_a_part_of_a_path(text: str) -> None:
    assert is_path_slug(text)


@pytest.mark.parametrize(
    "text",
    ["", "/", "/a", "a/", "a//b", ".", "a/../b", "a b", "a?b", "a#b", "a%20b", "a\\b", "e\u0301"],
)
def test_a_path_slug_has_no_other_characters(text: str) -> None:
    assert not is_path_slug(text)


def test_anchors_of_one_name_are_numbered() -> None:
    anchors = Anchors()
    anchors.reserve(["notes-1"])
    assert [anchors.take("Notes") for _ in range(3)] == ["notes", "notes-2", "notes-3"]
    assert [anchors.take("!") for _ in range(2)] == ["section", "section-1"]
