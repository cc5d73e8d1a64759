"""A small site that has every kind of field."""

from __future__ import annotations

from datetime import timedelta

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Boolean,
    Choice,
    Colour,
    Computed,
    Date,
    DateTime,
    Email,
    Integer,
    Json,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    References,
    Sections,
    Text,
    Url,
)
from cms.content.policy import SignOffPolicy, Stage
from cms.site import Site

TWO_STAGES = SignOffPolicy(
    name="two stages",
    stages=(Stage("technical", approvals=2), Stage("editorial")),
    valid_for=timedelta(days=30),
)


def words_in_subtitle(values: JsonObject) -> int | None:
    """Return the number of words in an article's subtitle."""
    return len(str(values["subtitle"]).split()) if values["subtitle"] else None


def initials(values: JsonObject) -> str:
    """Return the first letters of who is quoted."""
    return "".join(word[0] for word in str(values["author"] or "").split())


class Quote(Block):
    """Somebody's words."""

    text = Text(required=True)
    author = Text()
    initials = Computed(of=Text(), from_=initials)


class Remark(Block):
    """A text apart, with where to read on."""

    body = Markdown()
    see = Links("See", kind="remark")
    about = Reference()
    colour = Colour()


class Columns(Block):
    """Blocks beside each other."""

    left = Blocks(Quote, Remark)
    right = Blocks(Quote)
    rows = List(of=Object("Row", cell=Text(required=True), data=Json()))


class Article(ContentType, path="/articles/{slug}", schema_org="TechArticle"):
    """Has a field of every kind."""

    body = Markdown(required=True)
    sections = Sections()
    subtitle = Text(longest=50, seo="title", indexed=True)
    rating = Number(least=0, most=5, indexed=True)
    pages = Integer(schema_org="pagination", indexed=True)
    is_free = Boolean(schema_org="isAccessibleForFree")
    issued_on = Date(schema_org="dateCreated", indexed=True)
    level = Choice(choices=("EASY", "MEDIUM", "HARD"), schema_org="proficiencyLevel")
    aliases = List(of=Text(), schema_org="alternateName")
    scores = List(of=Integer())
    answers = List(of=Boolean())
    byline = Object("Byline", name=Text(required=True), year=Integer())
    steps = List(
        of=Object("Step", title=Text(required=True), see=Links("See", kind="step"), body=Markdown())
    )
    translated_from = Reference(to=("Article",), reverse="originals_of")
    about = Reference()
    related = Links("Related reading", to=("Article", "Note"))
    sources = Links("Sources", kind="source")
    updated_on_site = DateTime()
    homepage = Url(seo="image")
    contact = Email()
    accent = Colour()
    chart = Json()
    times = List(of=DateTime(), schema_org="temporalCoverage")
    compares = References(to=("Article",), reverse="compared_in")
    mentions = References(reverse="mentioned_in", most=3)
    parts = Blocks(Quote, Remark, Columns)
    subtitle_words = Computed(of=Integer(), from_=words_in_subtitle, schema_org="wordCount")


class Note(ContentType, path="/notes/{slug}", policy=TWO_STAGES):
    """Has the least there can be, and a policy of two stages."""

    text = Text(required=True, seo="description")
    related = Links("See also")
    mentions = References(reverse="mentioned_in", most=3)


class Snippet(ContentType):
    """Is no page of its own."""

    text = Text()
    related = Links("See also")


class Settings(ContentType, singleton=True, plural="SettingsList"):
    """Is there only once."""

    brand = Text(required=True)
    menu = List(of=Object("Item", heading=Text(), links=Links("Menu", kind="menu")))


# Each locale has a host of its own, so that one path can be that of a page in both.
URLS = {"en": "https://example.com", "de": "https://example.de"}
SITE = Site(
    "Test site",
    content_types=(Article, Note, Snippet, Settings),
    locales=("en", "de"),
    url=URLS,
    link_sets={"listed": ("source", "related")},
)
