"""The site that is measured: four content types with the same fields."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown
from cms.site import Site


class GlossaryTerm(ContentType, path="/glossaryterm/{slug}"):
    """A word, explained."""

    body = Markdown(required=True)
    buyer_guides = Links("Buyer guides")
    fixes = Links("When it does not work")
    prerequisites = Links("Read first")
    see_also = Links("See also")


class BuyerGuide(ContentType, path="/buyerguide/{slug}"):
    """Advice on a purchase."""

    body = Markdown(required=True)
    buyer_guides = Links("Buyer guides")
    fixes = Links("When it does not work")
    prerequisites = Links("Read first")
    see_also = Links("See also")


class ErrorFix(ContentType, path="/errorfix/{slug}", plural="ErrorFixes"):
    """An error, and what helps."""

    body = Markdown(required=True)
    buyer_guides = Links("Buyer guides")
    fixes = Links("When it does not work")
    prerequisites = Links("Read first")
    see_also = Links("See also")


class Hardware(ContentType, path="/hardware/{slug}", plural="HardwareItems"):
    """A device."""

    body = Markdown(required=True)
    buyer_guides = Links("Buyer guides")
    fixes = Links("When it does not work")
    prerequisites = Links("Read first")
    see_also = Links("See also")


site = Site("The limit", content_types=(GlossaryTerm, BuyerGuide, ErrorFix, Hardware))
