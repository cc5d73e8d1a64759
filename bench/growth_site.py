"""The site whose growth is measured: two content types in two languages."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Integer, Links, Markdown, Text
from cms.site import Site


class Term(ContentType, path="/{locale}/terms/{slug}"):
    """A word, explained."""

    body = Markdown(required=True)
    source = Text(indexed=True)
    reads = Integer(indexed=True)
    related = Links("Related")
    further = Links("Further reading")


class Guide(ContentType, path="/{locale}/guides/{slug}"):
    """Advice."""

    body = Markdown(required=True)
    related = Links("Related")
    further = Links("Further reading")


site = Site("Growth", content_types=(Term, Guide), locales=("en", "de"))
