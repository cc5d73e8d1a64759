"""Tags are words of the revision, told apart by the slugs that are made from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.canonical_json import digest_of
from cms.content.slug import is_slug, slugify
from cms.content.snapshot import Draft, clean_draft
from cms.content.tags import LONGEST, LONGEST_SLUG, MOST, clean_tags, tags_by_slug
from cms.errors import UserError
from tests.contents import content_of
from tests.sites import Article

WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            ["Fine-tuning", "fine tuning", " Größe ", "GROSSE", "grosse", "", "\t", "2"]
        ),
        st.text("aäAß- '\u0301", max_size=6),
    ),
    max_size=8,
)


def cleaned(*words: Any) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return the tags, and the path and the message of each error."""
    problems: list[UserError] = []
    tags = clean_tags(words, problems)
    return tags, [("/".join(map(str, each.path)), each.message) for each in problems]


def test_tags_are_words_as_they_are_written() -> None:
    tags, problems = cleaned(" größe", "Fine-tuning\n", "", "LLM \t agents", "  ")
    assert tags == ("Fine-tuning", "größe", "LLM agents")
    assert list(tags_by_slug(tags)) == ["fine-tuning", "grosse", "llm-agents"]
    assert problems == []


def test_the_first_spelling_of_a_tag_is_kept() -> None:
    assert cleaned("Fine tuning", "fine-tuning", "Fine-Tuning")[0] == ("Fine tuning",)
    assert cleaned("fine-tuning", "Fine tuning")[0] == ("fine-tuning",)


@pytest.mark.parametrize(
    ("words", "path", "message"),
    [
        (["ok", "!?"], "tags/1", "a letter or a digit"),
        (["x" * (LONGEST + 1)], "tags/0", "at most 100 are allowed"),
        (["ok", "\ufdfa" * LONGEST], "tags/1", "at most 200"),
        (["a\0b"], "tags/0", "U+0000"),
        ([3], "tags/0", "expected text, not a number"),
        ([str(number) for number in range(MOST + 1)], "tags", "51 tags; at most 50 are allowed"),
    ],
)
def test_what_is_no_tag_is_an_error_with_its_path(
    words: list[Any], path: str, message: str
) -> None:
    ((found, reason),) = cleaned(*words)[1]
    assert found == path
    assert message in reason


def test_the_errors_of_a_draft_name_its_tags() -> None:
    _, problems = clean_draft(Article, Draft(title="T", tags=("ok", "!")))
    assert [(each.code, each.path) for each in problems] == [("INVALID_VALUE", ("tags", 1))]


@given(WORDS)
def test_clean_tags_have_different_slugs_in_order_and_stay_as_they_are(words: list[str]) -> None:
    tags, _ = cleaned(*words)
    slugs = [slugify(tag) for tag in tags]
    assert slugs == sorted(set(slugs)) == list(tags_by_slug(tags))
    assert all(is_slug(slug) and len(slug) <= LONGEST_SLUG for slug in slugs)
    assert set(slugs) == {slugify(word) for word in words} - {""}
    assert cleaned(*tags) == (tags, [])


@given(WORDS.map(lambda words: [word for word in words if slugify(word)]), st.randoms())
def test_the_digest_does_not_depend_on_the_order_of_the_tags(words: list[str], random: Any) -> None:
    once = list({slugify(word): word for word in words}.values())
    shuffled = random.sample(once, len(once))
    first, second = (content_of(tags=tuple(each)) for each in (once, shuffled))
    assert digest_of(first) == digest_of(second)
