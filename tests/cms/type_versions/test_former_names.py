"""Former names that a declaration has: which of them count, and which are refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Integer, Text
from cms.errors import SiteError
from cms.site import Site
from cms.type_versions.declaration import DeclaredSite, declare


def site_with(fields: Mapping[str, str]) -> Site:
    """Return a site with these fields, each with its former name."""
    made = {name: Text(was=was) for name, was in fields.items()}
    return Site("S", content_types=(type("Page", (ContentType,), made),))


def after(*versions: Mapping[str, str]) -> DeclaredSite:
    """Return what is declared after these versions."""
    declaration = None
    for number, fields in enumerate(versions, start=1):
        declaration = declare(site_with(fields), declaration, number)
    assert declaration is not None
    return declaration


def stored(*versions: Mapping[str, str]) -> Mapping[str, str]:
    """Return the stored names of the fields after these versions."""
    return {name: each.stored for name, each in after(*versions).types["Page"].fields.items()}


def test_a_name_that_another_field_left_can_be_taken_in_the_same_change() -> None:
    before = {"a": "", "b": "", "c": ""}
    assert stored(before, {"b": "a", "c": "b", "d": "c"}) == {"b": "a", "c": "b", "d": "c"}
    assert stored(before, {"b": "a", "d": "b", "c": ""}) == {"b": "a", "d": "b", "c": "c"}


def test_a_former_name_that_is_left_in_the_code_is_ignored() -> None:
    renamed = ({"a": ""}, {"b": "a"})
    assert stored(*renamed, {"b": "a"}) == {"b": "a"}
    assert stored(*renamed, {"b": "a", "a": ""}) == {"b": "a", "a": "a~3"}
    assert stored(*renamed, {"b": "a", "a": ""}, {"b": "a"}) == {"b": "a"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"b": "a"}, "both were declared before"),
        ({"a": "b", "b": "a"}, "each have a name that the other had"),
        ({"a": "c", "b": "a", "c": "b"}, "each have a name that the other had"),
        ({"d": "a", "e": "a"}, "two have was='a'"),
    ],
)
def test_it_is_refused_if_it_cannot_be_told_what_was_renamed(
    fields: Mapping[str, str], message: str
) -> None:
    with pytest.raises(SiteError, match=message):
        stored({"a": "", "b": "", "c": ""}, fields)


def test_a_name_that_another_field_left_is_not_taken_by_one_of_another_kind() -> None:
    before = declare(site_with({"a": "", "b": ""}))

    class Page(ContentType):
        b = Integer(was="a")
        c = Text(was="b")

    with pytest.raises(SiteError, match="field of kind Text and not Integer"):
        declare(Site("S", content_types=(Page,)), before, 2)
