"""The site that is measured: two content types that link each other."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown, Text
from cms.site import Site


class Term(ContentType, path="/terms/{slug}"):
    """A word, explained."""

    body = Markdown(required=True)
    source = Text(indexed=True)
    related = Links("Related")
    further = Links("Further reading")


class Guide(ContentType, path="/guides/{slug}"):
    """Advice."""

    body = Markdown(required=True)
    related = Links("Related")
    further = Links("Further reading")


site = Site("Bench", content_types=(Term, Guide))
