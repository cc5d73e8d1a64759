"""A draft with the fields of an earlier revision is stored as if it were rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import new_class
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.content_type import ContentType
from cms.content.fields import Block, Computed, Json, Links, Markdown, Section, Sections, Text
from cms.content.snapshot import Draft, addresses_in, clean_draft, draft_of, take_snapshot
from cms.content.unrendered import Unrendered, addresses_of, has_fields_of, keep_fields

ENTRY, OTHER = (f"entry_{letter * 26}" for letter in "ab")
BODY = "# Top\n\n[one](/pages/one?q#a) [two](/pages/two) [out](https://a.test/b) [here](#top)"
PATHS = ["/pages/one", "/pages/two", "https://a.test/b"]


class Page(ContentType, path="/pages/{slug}"):
    """Has texts and links."""

    body = Markdown()
    related = Links("Related")
    data = Json()


class Counted(ContentType, path="/counted/{slug}"):
    """Has a value that is computed from its title."""

    body = Markdown()
    size = Computed(of=Text(), from_=lambda page: str(len(str(page["title"]))))


def stored(
    content_type: type[ContentType], draft: Draft, targets: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return the content of a draft that is rendered."""
    cleaned, problems = clean_draft(content_type, draft)
    assert problems == []
    return take_snapshot(content_type, "en", cleaned, targets).content


def kept(
    content_type: type[ContentType],
    draft: Draft,
    content: Mapping[str, Any],
    targets: Mapping[str, str],
) -> Unrendered | None:
    """Return the stored form of a draft if it has the fields of a content."""
    cleaned, _ = clean_draft(content_type, draft)
    if not has_fields_of(content_type, cleaned, content):
        return None
    return keep_fields(content_type, cleaned, targets, "rev_before", content)


_TARGETS = st.dictionaries(st.sampled_from(PATHS[:2]), st.sampled_from([ENTRY, OTHER]))
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "body": st.sampled_from([BODY, "Text", None]),
        "related": st.lists(st.sampled_from([*PATHS, ENTRY]), max_size=2),
        "data": st.sampled_from([1, True, {"a": [1]}, {"a": [True]}, None]),
    },
)


@given(_FIELDS, _FIELDS, _TARGETS, _TARGETS, st.sampled_from(["One", "Two"]))
def test_what_is_kept_is_what_would_be_made(
    first: dict[str, Any],
    second: dict[str, Any],
    before: dict[str, str],
    now: dict[str, str],
    title: str,
) -> None:
    content = stored(Page, Draft(title="One", slug="one", fields=first), before)
    base = draft_of(Page, content)
    assert addresses_of(content) == addresses_in(Page, clean_draft(Page, base)[0])
    changed = replace(
        base, title=title, summary="S", tags=("tag",), fields={**base.fields, **second}
    )
    found = kept(Page, changed, content, now)
    if found is not None:
        made = stored(Page, changed, now)
        assert found.content == made
        assert [each.to_json() for each in found.edges] == made["links"]


def test_fields_that_stay_are_not_rendered() -> None:
    content = stored(
        Page, Draft(title="One", fields={"body": BODY, "data": 1}), {"/pages/one": ENTRY}
    )
    again = replace(draft_of(Page, content), title="Two")
    assert kept(Page, again, content, {"/pages/one": ENTRY}) is not None
    # A link leads elsewhere, to nothing or to an entry.
    assert kept(Page, again, content, {"/pages/one": OTHER}) is None
    assert kept(Page, again, content, {}) is None
    assert kept(Page, again, content, {"/pages/one": ENTRY, "/pages/two": OTHER}) is None
    # One is not true.
    other = replace(again, fields={**again.fields, "data": True})
    assert kept(Page, other, content, {"/pages/one": ENTRY}) is None


@pytest.mark.parametrize(("title", "is_kept"), [("Six", True), ("Seven", False)])
def test_a_computed_value_can_change_with_the_title(title: str, is_kept: bool) -> None:
    content = stored(Counted, Draft(title="One", fields={"body": "Text"}), {})
    again = replace(draft_of(Counted, content), title=title)
    assert (kept(Counted, again, content, {}) is not None) is is_kept


class Hint(Block):
    """A directive that is declared later."""

    title = Text()


def with_directives(*directives: type[Block]) -> type[ContentType]:
    """Return the type of pages whose texts can contain directives."""
    fields = {
        "body": Markdown(directives=directives),
        "sections": Sections(of=Section(directives=directives)),
    }
    return new_class("Page", (ContentType,), {}, lambda names: names.update(fields))


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("See :hint[one] and [two](/pages/two).", True),
        # Its title is no text with a link any more.
        (":hint[one]{title='[two](/pages/two)'}", False),
        # Its value is not among the words of the link any more.
        ("[one :hint[two]{title=three}](/pages/two)", False),
    ],
)
def test_a_text_is_read_again_for_directives_that_are_declared_by_now(
    text: str, is_kept: bool
) -> None:
    for fields in ({"body": text}, {"sections": [{"heading": "A", "body": text}]}):
        before, now = with_directives(), with_directives(Hint)
        content = stored(before, Draft(title="One", slug="one", fields=fields), {})
        again = replace(draft_of(now, content), title="Two")
        found = kept(now, again, content, {})
        assert (found is not None) is is_kept
        made = stored(now, again, {})
        assert (found.content if found else {**made}) == made
        # Once it is stored so, it stays.
        assert kept(now, replace(again, title="Three"), made, {}) is not None
