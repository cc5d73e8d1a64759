"""No two fields of one thing have the same name in the API."""

from __future__ import annotations

from types import new_class

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Block, Blocks, Object, Reference, Text
from cms.content.fields.names import api_name
from cms.errors import SiteError
from cms.site import Site

ALIKE = {"a1": Text(), "a_1": Text()}
SENTENCE = "'a1' and 'a_1' are both 'a1' in the API"


def test_a_content_type_whose_fields_have_one_name_is_refused() -> None:
    with pytest.raises(SiteError, match=f"Thing: {SENTENCE}"):
        new_class("Thing", (ContentType,), {}, lambda body: body.update(ALIKE))


def test_a_block_whose_fields_have_one_name_is_refused() -> None:
    with pytest.raises(SiteError, match=f"Quote: {SENTENCE}"):
        new_class("Quote", (Block,), {}, lambda body: body.update(ALIKE))


def test_an_object_whose_fields_have_one_name_is_refused() -> None:
    with pytest.raises(SiteError, match=f"Byline: {SENTENCE}"):
        Object("Byline", a1=Text(), a_1=Text())


def test_a_reverse_side_and_a_field_of_one_name_are_refused() -> None:
    class Page(ContentType):
        """Has both."""

        a1 = Text()
        other = Reference(to=("Page",), reverse="a_1")

    with pytest.raises(SiteError, match=f"Page: {SENTENCE}"):
        Site("Site", content_types=[Page])


def test_two_reverse_sides_of_one_name_are_refused() -> None:
    class Page(ContentType):
        """Is pointed at twice."""

        one = Reference(to=("Page",), reverse="a1")
        other = Reference(to=("Page",), reverse="a_1")

    with pytest.raises(SiteError, match=SENTENCE):
        Site("Site", content_types=[Page])


def test_a_plural_that_is_the_name_of_another_type_is_refused() -> None:
    class Page(ContentType, plural="guide"):
        """Takes the name of the other one."""

    class Guide(ContentType):
        """Has that name."""

    with pytest.raises(SiteError, match="would both be the query guide"):
        Site("Site", content_types=[Page, Guide])


def test_a_block_has_the_name_of_a_class() -> None:
    with pytest.raises(SiteError, match="quote: the class must have a name such as"):
        Blocks(new_class("quote", (Block,), {}, lambda body: body.update(text=Text())))


def test_no_field_hides_the_question_whether_an_object_is_there() -> None:
    with pytest.raises(SiteError, match="use another name"):
        Object("Byline", is_null=Text())


def test_names_that_differ_in_the_api_go_together() -> None:
    byline = Object("Byline", a1=Text(), a_b=Text(), ab=Text(), a_11=Text())
    assert list(map(api_name, byline.fields)) == ["a1", "aB", "ab", "a11"]
