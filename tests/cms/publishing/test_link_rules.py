"""Link rules: gates as if the page were public, warnings, and the list of offenders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.authorization.actor import OPERATOR
from cms.content.link_rules import (
    ClickDepth,
    ExternalLinks,
    IncomingLinks,
    LinkRule,
    LinksTo,
    NoLinks,
)
from cms.drafts.entries import create_entry
from cms.drafts.saving import save_draft
from cms.errors import SiteError
from cms.links.asking import GraphReading
from cms.links.rule_offenders import rule_offenders
from cms.publishing.publish_impact import check_publish
from cms.publishing.publishing import publish_imported
from cms.reading.view import view_of
from cms.site import Site
from cms.tables import Publication, Revision
from cms.work.work import Work
from tests.builders import Newsroom, Rehearsals, draft_of
from tests.cms.publishing.test_link_gates import refusal, with_site
from tests.sites import SITE, Article, Note


def to(*pages: Publication) -> list[dict[str, str]]:
    return [{"href": each.entry_id} for each in pages]


async def checked(newsroom: Newsroom, head: Revision) -> dict[str, tuple[list[str], str | None]]:
    """Return the messages of the site's rules, by name, with the position of warnings."""
    entry_id = await newsroom.entry_id(head)
    async with newsroom.desk.reading(newsroom.author) as reading:
        checks = await check_publish(reading, entry_id, revision_id=head.id)
    return {
        each.gate.name.removeprefix("site:"): ([e.message for e in each.errors], each.position)
        for each in checks
        if each.gate.name.startswith("site:")
    }


async def offenders(newsroom: Newsroom, rule: LinkRule, **page: Any) -> list[str]:
    """Return the ids of the entries that break a rule."""
    async with newsroom.desk.reading(OPERATOR) as reading:
        asking = GraphReading(reading, view_of(newsroom.site))
        found = await rule_offenders(asking, rule, page.get("first", 100), page.get("after", ""))
    return [each.entry_id for each in found.offenders]


async def test_links_of_public_pages_and_of_those_published_together_count(
    newsroom: Newsroom,
) -> None:
    rule = IncomingLinks(Note, at_least=2, is_gate=True)
    with_site(newsroom, link_rules=[rule])
    note = await newsroom.draft("Note", title="Note", text="t")
    note_id = await newsroom.entry_id(note)
    await newsroom.review(note)
    ((code, message),) = await refusal(newsroom, note)
    assert code == "GATE_FAILED"
    assert message.startswith("0 pages link to it, and at least 2 should; add links to it")
    # The same page twice is one, and so is a link of the note to itself.
    twice = [{"href": note_id}]
    one = await newsroom.draft(title="One", slug="one", related=twice, sources=twice)
    own = await newsroom.update(note, related=twice)
    await newsroom.review(own)
    await newsroom.review(one)
    other = await newsroom.draft(title="Other", slug="other", body=f"[x]({note_id})")
    await newsroom.publish(own, one, other)
    assert await offenders(newsroom, rule) == []
    await newsroom.publish(await newsroom.update(other, body="No link."))
    assert await offenders(newsroom, rule) == [note_id]
    changed = await newsroom.update(own, title="Changed")
    ((_, message),) = [e for e in await refusal(newsroom, changed) if e[0] == "GATE_FAILED"]
    assert message.startswith("1 page links to it")


async def test_rules_about_the_own_links_of_a_page(newsroom: Newsroom) -> None:
    rules = [
        LinksTo(Article, Note, at_least=1, is_gate=True),
        NoLinks(source=Note, target=Article),
        ExternalLinks(at_most=1),
    ]
    with_site(newsroom, link_rules=rules)
    note = await newsroom.published("Note", title="Note", text="t")
    body = "<https://one.example> <https://example.com/gone> <mailto:a@b.example>"
    page = await newsroom.draft(slug="page", body=f"{body} <https://two.example>")
    found = await checked(newsroom, page)
    assert found["links_to_article_note"] == (
        ["it links to 0 of type Note; link to at least 1"],
        None,
    )
    assert found["external_links"] == (
        ["it has 2 links to other sites; keep at most 1"],
        found["external_links"][1],
    )
    assert str(found["external_links"][1]).startswith("2.")
    better = await newsroom.update(page, body="<https://one.example>", related=to(note))
    assert all(not messages for messages, _ in (await checked(newsroom, better)).values())
    (article,) = await newsroom.publish(better)
    linking = await newsroom.draft("Note", title="N", text="t", related=to(article))
    # A warning refuses nothing.
    assert (await checked(newsroom, linking))["no_links_note_article"][0] == [
        "it links to 1 of type Article; remove these links"
    ]
    (published,) = await newsroom.publish(linking)
    assert await offenders(newsroom, rules[1]) == [published.entry_id]
    assert [await offenders(newsroom, each) for each in (rules[0], rules[2])] == [[], []]


async def test_click_depth_is_as_if_the_page_were_public(newsroom: Newsroom) -> None:
    rule = ClickDepth(at_most=1)
    with_site(newsroom, link_rules=[rule])
    deep = await newsroom.published(title="Deep", slug="deep")
    middle = await newsroom.published(title="Middle", slug="middle", related=to(deep))
    top = await newsroom.published(title="Top", slug="top", related=to(middle))
    menu = [{"heading": "Menu", "links": to(top)}]
    await newsroom.published("Settings", title="Settings", brand="B", menu=menu)
    assert await offenders(newsroom, rule) == [deep.entry_id]
    new = await newsroom.draft(title="New", slug="new", related=to(deep))
    message = "readers need more than 1 clicks to it; link to it from a page above"
    assert (await checked(newsroom, new))["click_depth"][0] == [message]
    for page, messages in ((deep, [message]), (middle, []), (top, [])):
        assert (await checked(newsroom, await head(newsroom, page)))["click_depth"][0] == messages


async def head(newsroom: Newsroom, page: Publication) -> Revision:
    async with newsroom.database.reading() as session:
        return await session.get_one(Revision, page.revision_id)


async def test_offenders_come_in_pages(newsroom: Newsroom) -> None:
    rules: Sequence[LinkRule] = (IncomingLinks(Article, at_least=1), ClickDepth(at_most=0))
    with_site(newsroom, link_rules=rules)
    pages = [await newsroom.published(title=f"P{n}", slug=f"p{n}") for n in range(3)]
    ids = sorted(each.entry_id for each in pages)
    for rule in rules:
        assert await offenders(newsroom, rule, first=2) == ids[:2]
        assert await offenders(newsroom, rule, first=2, after=ids[1]) == ids[2:]
        assert await offenders(newsroom, rule, after=ids[2]) == []


LEAST = st.integers(1, 3)
LIMITS = st.integers(0, 2)
KINDS = st.sampled_from(["Article", "Note"])
RULES = st.one_of(
    st.builds(lambda name, n: IncomingLinks(name, at_least=n), KINDS, LEAST),
    st.builds(lambda one, other, n: LinksTo(one, other, at_least=n), KINDS, KINDS, LEAST),
    st.builds(lambda one, other: NoLinks(source=one, target=other), KINDS, KINDS),
    st.builds(lambda n: ExternalLinks(at_most=n), LIMITS),
    st.builds(lambda n: ClickDepth(at_most=n), LIMITS),
)
ADDRESSES = ("https://other.example/x", "https://example.com/route", "http://o.example:8080/")
TYPES = ("Article", "Article", "Note", "Note")
ENDS = st.sampled_from([0, 1, 2, 3, *ADDRESSES])


@settings(max_examples=15)
@given(
    rule=RULES,
    links=st.lists(st.tuples(st.integers(0, 3), ENDS), max_size=12),
    menu=st.lists(st.integers(0, 3), max_size=1),
)
def test_checks_and_lists_of_offenders_agree(
    rehearsals: Rehearsals, rule: LinkRule, links: list[tuple[int, Any]], menu: list[int]
) -> None:
    """The check of a public page, as if it were published again, warns if the list has it."""

    async def attempt(work: Work) -> None:
        ids = await write(work, links, menu)
        asking = GraphReading(work, view_of(work.site))
        listed = {each.entry_id for each in (await rule_offenders(asking, rule, 100)).offenders}
        for each in ids:
            (check,) = [c for c in await check_publish(work, each) if c.gate.name == rule.name]
            assert check.position is not None
            assert bool(check.errors) == (each in listed)
        assert listed <= {*ids}

    with_site(rehearsals.newsroom, link_rules=[rule], routes=["/route"])
    try:
        rehearsals.rehearse(attempt, OPERATOR)
    finally:
        rehearsals.newsroom.site = SITE


async def write(work: Work, links: Sequence[tuple[int, Any]], menu: Sequence[int]) -> list[str]:
    """Publish pages with these links, and a menu, and return the ids of the pages."""
    made = [await create_entry(work, name, draft_of(title="T", slug=f"s{at}", **needed(name)))
            for at, name in enumerate(TYPES)]  # fmt: skip
    ids, heads = [each.entry_id for each in made], {}
    for at, (name, each) in enumerate(zip(TYPES, made, strict=True)):
        hrefs = [
            {"href": ids[end] if isinstance(end, int) else end} for own, end in links if own == at
        ]
        fields: dict[str, Any] = {
            **needed(name),
            ("sources" if name == "Article" else "related"): hrefs,
        }
        draft = draft_of(title="T", slug=f"s{at}", **fields)
        saved = await save_draft(work, each.entry_id, draft, base_revision=each.revision.id)
        heads[each.entry_id] = saved.revision.id
    items = [{"heading": "Menu", "links": [{"href": ids[each]} for each in menu]}]
    settings = await create_entry(work, "Settings", draft_of(title="S", brand="B", menu=items))
    heads[settings.entry_id] = settings.revision.id
    await publish_imported(work, heads, source="elsewhere")
    return ids


def needed(name: str) -> dict[str, Any]:
    return {"body": "Words."} if name == "Article" else {"text": "Words."}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ClickDepth(at_most=4, is_gate=True), "site:click_depth cannot be a gate"),
        (lambda: ClickDepth(at_most=11), "site:click_depth: 11 is too much; use 10 or less"),
        (lambda: IncomingLinks(Note, at_least=0), "site:incoming_links_note: 0 is not possible"),
        (lambda: ExternalLinks(at_most=-1), "site:external_links: -1 is not possible"),
        (lambda: ExternalLinks(at_most=1, name="mine"), "link_rules must have names such as"),
        (lambda: LinksTo("Missing", Note), "names the content type 'Missing'"),
        (lambda: "no rule", "'no rule' in link_rules is not a rule"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_the_site(make: Any, message: str) -> None:
    with pytest.raises(SiteError, match=message):
        Site("S", content_types=[Article, Note], link_rules=[make()])


def test_two_rules_of_one_name_need_another_name() -> None:
    rules = [ExternalLinks(at_most=1), ExternalLinks(at_most=2)]
    with pytest.raises(SiteError, match="two rules have the name 'site:external_links'"):
        Site("S", content_types=[Article, Note], link_rules=rules)
    rules[0] = ExternalLinks(at_most=1, name="site:few_links")
    site = Site("S", content_types=[Article, Note], link_rules=rules)
    assert [each.name for each in site.link_rules] == ["site:few_links", "site:external_links"]
    assert site.link_warnings[0].description == "Each page has at most 1 links to other sites."
