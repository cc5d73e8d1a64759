"""The site whose growth is measured: 50 content types, of which two have most entries."""

from __future__ import annotations

import types
from typing import cast

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


class Review(Term, path="/{locale}/reviews/{slug}"):
    """One of 40 entries."""


def _rare(number: int) -> type[Term]:
    """Return a type with few entries, or with none."""
    described = {"__doc__": "One of ten entries, or none.", "__module__": __name__}
    made = types.new_class(
        f"Rare{number}",
        (Term,),
        {"path": f"/{{locale}}/rare-{number}/{{slug}}", "plural": f"Rares{number}"},
        lambda namespace: namespace.update(described),
    )
    return cast("type[Term]", made)


# Ten entries are of each of the first 40, and none of the others.
RARE_TYPES = tuple(_rare(number) for number in range(47))

site = Site("Growth", content_types=(Term, Guide, Review, *RARE_TYPES), locales=("en", "de"))
