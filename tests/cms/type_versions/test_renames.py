"""Renamed content types, fields, blocks and choices."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Block, Blocks, Choice, Links, List, Markdown, Object, Reference, Text
from cms.site import Site
from tests.builders import Newsroom
from tests.changing import Changing
from tests.graphql_api.conftest import api_of


def before() -> Site:
    """Return the site as it was first."""

    class Quote(Block):
        text = Text(required=True)
        speaker = Text()

    class Topic(ContentType, path="/topics/{slug}"):
        body = Markdown()

    class Article(ContentType, path="/articles/{slug}"):
        subtitle = Text()
        plan = Choice(choices=("FREE", "PAID"))
        body = Markdown()
        byline = Object("Byline", name=Text(), job=Text())
        rows = List(of=Object("Row", cell=Text()))
        parts = Blocks(Quote)
        topic = Reference(to=("Topic",), reverse="articles")
        further = Links("Further", to=("Topic",))

    return Site("S", content_types=(Topic, Article))


def after(*, is_migrated: bool = False) -> Site:
    """Return it with everything renamed."""

    def was(name: str) -> str:
        return "" if is_migrated else name

    class PullQuote(Block, was=was("Quote")):
        words = Text(required=True, was=was("text"))
        speaker = Text()

    class Subject(ContentType, path="/topics/{slug}", was=was("Topic")):
        body = Markdown()

    class Story(ContentType, path="/articles/{slug}", was=was("Article"), plural="Stories"):
        dek = Text(was=was("subtitle"))
        tier = Choice(
            choices=("FREE", "PRO"),
            renamed={} if is_migrated else {"PRO": "PAID"},
            was=was("plan"),
        )
        text = Markdown(was=was("body"))
        signed = Object("Byline", was=was("byline"), name=Text(), role=Text(was=was("job")))
        lines = List(of=Object("Row", field=Text(was=was("cell"))), was=was("rows"))
        pieces = Blocks(PullQuote, was=was("parts"))
        subject = Reference(to=("Subject",), reverse="stories", was=was("topic"))
        more = Links("Further", to=("Subject",), was=was("further"))

    return Site("S", content_types=(Subject, Story))


VALUES = {
    "subtitle": "Below",
    "plan": "PAID",
    "body": "# One\n\nText.",
    "byline": {"name": "Ada", "job": "Editor"},
    "rows": [{"cell": "a"}, {"cell": "b"}],
    "parts": [{"type": "Quote", "text": "So be it.", "speaker": "Ada"}],
    "topic": "/topics/memory",
    "further": ["/topics/memory"],
}
ASK = """{
  stories(where: {dek: {eq: "Below"}, tier: {in: [PRO]}}) { nodes {
    __typename type dek tier text { html }
    signed { name role } lines { field }
    pieces { ... on PullQuote { __typename words speaker } }
    subject { __typename title stories { nodes { title } } } more { kind target { __typename } }
  } facets(fields: [tier]) { value count } }
  entry(by: {path: "/articles/one"}) { __typename incomingLinks { totalCount } }
}"""
SEEN = {
    "__typename": "Story",
    "type": "Story",
    "dek": "Below",
    "tier": "PRO",
    "text": {"html": '<h1 id="one">One</h1>\n<p>Text.</p>'},
    "signed": {"name": "Ada", "role": "Editor"},
    "lines": [{"field": "a"}, {"field": "b"}],
    "pieces": [{"__typename": "PullQuote", "words": "So be it.", "speaker": "Ada"}],
    "subject": {
        "__typename": "Subject",
        "title": "Memory",
        "stories": {"nodes": [{"title": "One"}]},
    },
    "more": [{"kind": "FURTHER", "target": {"__typename": "Subject"}}],
}


async def test_everything_is_read_under_its_new_name_and_signed_bytes_stay(
    newsroom: Newsroom,
) -> None:
    changing = Changing(newsroom)
    await changing.migrate(before())
    await newsroom.published("Topic", title="Memory", body="x")
    await newsroom.published("Article", title="One", **VALUES)
    for site in (after(), after(is_migrated=True)):
        await changing.migrate(site)
        api = api_of(newsroom.site, newsroom)
        data = await api.data(ASK)
        assert data["stories"]["nodes"] == [SEEN]
