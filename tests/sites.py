"""A small site that has every kind of field."""

from __future__ import annotations

from datetime import timedelta

from cms.content.content_type import ContentType
from cms.content.fields import (
    Boolean,
    Choice,
    Date,
    Integer,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    Sections,
    Text,
)
from cms.content.policy import SignOffPolicy, Stage
from cms.content.site import Site

TWO_STAGES = SignOffPolicy(
    name="two stages",
    stages=(Stage("technical", approvals=2), Stage("editorial")),
    valid_for=timedelta(days=30),
)


class Article(ContentType, path="/articles/{slug}"):
    """Has a field of every kind."""

    body = Markdown(required=True)
    sections = Sections()
    subtitle = Text(longest=50)
    rating = Number(least=0, most=5)
    pages = Integer()
    is_free = Boolean()
    issued_on = Date()
    level = Choice(choices=("EASY", "HARD"))
    aliases = List(of=Text())
    byline = Object("Byline", name=Text(required=True), year=Integer())
    steps = List(
        of=Object("Step", title=Text(required=True), see=Links("See", kind="step"), body=Markdown())
    )
    translated_from = Reference(to=("Article",))
    about = Reference()
    related = Links("Related reading", to=("Article", "Note"))
    sources = Links("Sources", kind="source")


class Note(ContentType, path="/notes/{slug}", policy=TWO_STAGES):
    """Has the least there can be, and a policy of two stages."""

    text = Text(required=True)
    related = Links("See also")


class Snippet(ContentType):
    """Is no page of its own."""

    text = Text()


class Settings(ContentType, singleton=True, plural="SettingsList"):
    """Is there only once."""

    brand = Text(required=True)
    menu = List(of=Object("Item", heading=Text(), links=Links("Menu", kind="menu")))


SITE = Site("Test site", content_types=(Article, Note, Snippet, Settings), locales=("en", "de"))
