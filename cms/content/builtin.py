"""The built-in content types: categories and people.

They are content like any other, with editions, revisions, sign-offs and history. Every site has
them; a site adds fields, a path or a policy by a subclass of the same name::

    class Category(cms.Category, path="/topics/{category}/{slug}"):
        introduction = Markdown()
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cms.content.content_type import ContentType
from cms.content.fields import List, Object, Text, Url
from cms.errors import SiteError


class Category(ContentType, built_in="cat", plural="Categories", schema_org="CollectionPage"):
    """Node in the tree of topics. Its title is the name, its summary the description."""


class Person(ContentType, built_in="person", plural="People", schema_org="ProfilePage"):
    """Public byline of an author or a reviewer. Its title is the name, the summary a biography."""

    profiles = List(of=Object("Profile", name=Text(required=True), url=Url(required=True)))


BUILT_IN: Final[tuple[type[ContentType], ...]] = (Category, Person)
CATEGORY: Final = Category.name
PERSON: Final = Person.name
BUILT_IN_NAMES: Final = tuple(each.name for each in BUILT_IN)


def with_built_in(content_types: Sequence[type[ContentType]]) -> tuple[type[ContentType], ...]:
    """Return content types, followed by the built-in ones of which there is no subclass.

    Raises:
        SiteError: if a subclass of a built-in type has another name, or another class has its name.
    """
    for each in content_types:
        for built_in in BUILT_IN:
            if issubclass(each, built_in) != (each.name == built_in.name):
                raise SiteError(
                    f"{each.name}: the name {built_in.name} is for the subclass of "
                    f"cms.{built_in.name}; write class {built_in.name}(cms.{built_in.name})"
                )
    names = {each.name for each in content_types}
    return (*content_types, *(each for each in BUILT_IN if each.name not in names))


def category_in_rights(content_type: str, entry_id: str, category_id: str | None) -> str | None:
    """Return the category by which rights on an entry are limited; a category's is itself.

    In SQL it is :func:`cms.reading.visibility.category_in_rights`.

    Args:
        content_type: the name of the entry's type.
        entry_id: the entry.
        category_id: the category of the revision in question.
    """
    return entry_id if content_type == CATEGORY else category_id
