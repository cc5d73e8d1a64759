"""A save finds the entry behind every spelling of an address, and keeps the address as written."""

from __future__ import annotations

import unicodedata
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.comparison.difference import difference
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Draft, derive
from cms.drafts.entries import create_entry
from cms.drafts.link_targets import warnings_on
from cms.drafts.saving import restore_revision
from cms.errors import Refused
from cms.reading import relations
from cms.reading.view import Perspective, View
from cms.site import Site
from cms.tables import Link, Revision
from cms.work.work import Work
from tests.builders import Newsroom, Rehearsals
from tests.depth import EXAMPLES
from tests.sites import URLS, Article

SLUG = "größe-日"
PATH = f"/articles/{SLUG}"
DRAFTS = View(("en",), Perspective.DRAFT)


Edges: TypeAlias = list[tuple[str | None, str, str, str | None]]


async def edges_of(newsroom: Newsroom, revision: Revision) -> Edges:
    """Return where the links of a revision lead: target, query, fragment, URL."""
    async with newsroom.database.reading() as session:
        links = await session.scalars(
            select(Link)
            .where(Link.revision_id == revision.id)
            .order_by(Link.field_path, Link.ordinal)
        )
        return [(link.target_id, link.query, link.fragment, link.url) for link in links]


async def warned(newsroom: Newsroom, revision: Revision) -> list[tuple[str, Any, str]]:
    """Return the warnings about a revision: code, path and message."""

    async def warnings(work: Work) -> list[tuple[str, Any, str]]:
        own = await work.session.get_one(Revision, revision.id)
        return [(each.code, each.path, each.message) for each in await warnings_on(work, own)]

    return await newsroom.do(newsroom.author, warnings)


@pytest.mark.parametrize(
    ("href", "query", "fragment"),
    [
        (SLUG, "", ""),
        (f"./{SLUG}", "", ""),
        (f"../articles/{SLUG}#top", "", "top"),
        (f"{PATH}?x=1", "x=1", ""),
        (f"{PATH}/", "", ""),
        (f"{quote(PATH).lower()}?x=1&y#gr%C3%B6%C3%9Fe", "x=1&y", "größe"),
        (unicodedata.normalize("NFD", PATH), "", ""),
        (f"{URLS['en']}{quote(PATH)}/?x#top", "x", "top"),
        (f"//{URLS['en'].removeprefix('https://')}{PATH}", "", ""),
    ],
)
async def test_a_link_is_an_edge_to_its_target_however_it_is_written(
    newsroom: Newsroom, href: str, query: str, fragment: str
) -> None:
    target = await newsroom.draft(slug=SLUG, body='<h2 id="größe">x</h2>\n\n# Top')
    target_id = await newsroom.entry_id(target)
    page = await newsroom.draft(slug="page", body=f'<a href="{href}">words</a>')
    assert await edges_of(newsroom, page) == [(target_id, query, fragment, None)]
    assert await warned(newsroom, page) == []
    await newsroom.publish(target, page)


@pytest.mark.parametrize("href", ["nothing", "./nothing", "../d/nothing", f"{URLS['en']}/nothing"])
async def test_an_address_with_nothing_behind_it_is_a_broken_edge_as_written(
    newsroom: Newsroom, href: str
) -> None:
    page = await newsroom.draft(slug="page", body=f"[x]({href}?y#z) [far](https://e.org/nothing)")
    assert await edges_of(newsroom, page) == [
        (None, "", "", f"{href}?y#z"),
        (None, "", "", "https://e.org/nothing"),
    ]
    ((code, path, message),) = await warned(newsroom, page)
    assert (code, path) == ("LINK_TO_NOTHING", ("fields", "body"))
    assert "/nothing, where there is no page" in message


async def test_a_page_links_to_itself_in_its_first_draft(newsroom: Newsroom) -> None:
    body = "# Part\n\n[a](/articles/self#part) [b](self) [c](?x=1#part) [d](#part)"
    page = await newsroom.draft(
        slug="self", body=body, related=["./self#part"], about="/articles/self"
    )
    own = await newsroom.entry_id(page)
    assert await edges_of(newsroom, page) == [
        (own, "", "", None),
        (own, "", "part", None),
        (own, "", "", None),
        (own, "x=1", "part", None),
        (own, "", "part", None),
    ]
    (publication,) = await newsroom.publish(page)
    # Another path of its own is its own, whatever was there before.
    moved = await newsroom.save(page, slug="moved", body="[a](moved)")
    assert await edges_of(newsroom, moved) == [(own, "", "", None)]
    assert await newsroom.path(publication) == "/articles/self"


async def test_the_address_of_another_host_is_looked_up_in_its_locale(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="target")
    german = await newsroom.translate(head, "de", title="Ziel", slug="ziel")
    target_id = await newsroom.entry_id(german)
    page = await newsroom.draft(
        slug="page", body=f"[a]({URLS['de']}/articles/ziel) [b]({URLS['en']}/articles/ziel)"
    )
    assert await edges_of(newsroom, page) == [
        (target_id, "", "", None),
        (None, "", "", f"{URLS['en']}/articles/ziel"),
    ]


async def test_locales_on_one_host_are_looked_up_together(newsroom: Newsroom) -> None:
    class Page(ContentType, path="/{locale}/{slug}"):
        """A page of a site with one host."""

        body = Markdown()

    newsroom.site = Site("One host", content_types=[Page], locales=("en", "de"), url=URLS["en"])
    head = await newsroom.draft("Page", slug="target")
    await newsroom.translate(head, "de", title="Ziel", slug="ziel")
    target_id = await newsroom.entry_id(head)
    page = await newsroom.draft(
        "Page", slug="page", body="[a](/de/ziel) [b](../de/ziel) [c](target)"
    )
    assert await edges_of(newsroom, page) == [(target_id, "", "", None)] * 3


async def test_a_listed_link_is_stored_with_the_id_of_its_target(newsroom: Newsroom) -> None:
    target_id = await newsroom.entry_id(await newsroom.draft(slug="target"))
    hrefs = ["./target?x=1#top", f"{URLS['en']}/articles/target/", "../articles/target"]
    page = await newsroom.draft(slug="page", related=hrefs)
    fields: Any = page.content["fields"]
    stored = [each["href"] for each in fields["related"]]
    assert stored == [f"{target_id}?x=1#top", target_id, target_id]
    assert await edges_of(newsroom, page) == [
        (target_id, "x=1", "top", None),
        (target_id, "", "", None),
        (target_id, "", "", None),
    ]
    async with newsroom.database.reading() as session:
        shown = relations.links(DRAFTS).where(Link.revision_id == page.id).order_by(Link.ordinal)
        urls = [row.url for row in await session.execute(shown)]
    assert urls == ["/articles/target?x=1#top", "/articles/target", "/articles/target"]
    for wrong in ("target", "a/b", "//e.org/x", "?x=1", "#top"):  # may be a mistake
        with pytest.raises(Refused, match="expected the id or the path of an entry"):
            await newsroom.draft(slug="other", related=[wrong])


async def test_a_changed_query_is_a_changed_link(newsroom: Newsroom) -> None:
    await newsroom.draft(slug="target")
    head = await newsroom.draft(slug="page", related=["/articles/target?x=1"])
    changed = await newsroom.update(head, related=["/articles/target?x=2"])
    links = difference(Article, head.content, changed.content).links
    assert [each.kind for each in links] == ["REMOVED", "ADDED"]


async def test_a_reference_is_an_address_of_the_site_and_nothing_more(newsroom: Newsroom) -> None:
    target_id = await newsroom.entry_id(await newsroom.draft(slug="target"))
    page = await newsroom.draft(slug="page", about=f"{URLS['en']}/articles/target/")
    assert await edges_of(newsroom, page) == [(target_id, "", "", None)]
    for wrong in ("https://e.org/x", "/articles/target?x", "/articles/target#x", "target"):
        with pytest.raises(Refused, match="expected"):
            await newsroom.draft(slug="other", about=wrong)


async def test_a_page_that_came_later_is_found_by_the_next_save(newsroom: Newsroom) -> None:
    first = await newsroom.draft(slug="page", body="[x](later)", about="/articles/later")
    later_id = await newsroom.entry_id(await newsroom.draft(title="Later", slug="later"))
    entry_id = await newsroom.entry_id(first)
    second = await newsroom.update(first)
    assert second.digest != first.digest
    assert await edges_of(newsroom, second) == [(later_id, "", "", None)] * 2
    changed = difference(Article, first.content, second.content)
    assert {(each.kind, each.new and each.new["target"]) for each in changed.links} == {
        ("REMOVED", None),
        ("ADDED", later_id),
    }
    # What is restored leads where it led, although there is a page by now.
    restored = await newsroom.do(
        newsroom.author, restore_revision, entry_id, first.id, base_revision=second.id
    )
    assert restored.revision.digest == first.digest
    assert await edges_of(newsroom, restored.revision) == await edges_of(newsroom, first)


async def test_a_signed_link_stays_with_its_target_when_another_page_takes_the_path(
    newsroom: Newsroom,
) -> None:
    target = await newsroom.draft(slug="target")
    target_id = await newsroom.entry_id(target)
    page = await newsroom.draft(slug="page", body="[x](target)")
    await newsroom.save(target, slug="moved")
    other_id = await newsroom.entry_id(await newsroom.draft(slug="target"))
    assert await edges_of(newsroom, page) == [(target_id, "", "", None)]
    again = await newsroom.update(page, subtitle="Changed")
    assert await edges_of(newsroom, again) == [(other_id, "", "", None)]
    kinds = [each.kind for each in difference(Article, page.content, again.content).links]
    assert kinds == ["REMOVED", "ADDED"]


_PREFIXES = ["", "./", "../articles/", "/articles/", "x/../", f"{URLS['en']}/articles/"]


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Draw an address of the page, without query and fragment, as an author may write it."""
    letters = draw(st.sampled_from([SLUG, unicodedata.normalize("NFD", SLUG)]))
    written = "".join(
        draw(st.sampled_from([char, quote(char), quote(char).lower()]))
        if ord(char) > 127
        else draw(st.sampled_from([char, f"%{ord(char):02x}"]))
        for char in letters
    )
    return draw(st.sampled_from(_PREFIXES)) + written + draw(st.sampled_from(["", "/"]))


@settings(max_examples=EXAMPLES // 2)
@given(
    st.lists(spellings(), min_size=1, max_size=4),
    st.sampled_from(["", "?x=1&amp;y", "#teil", "?x=%C3%A4#teil"]),
)
def test_every_spelling_is_one_edge_and_one_address(
    rehearsals: Rehearsals, written: list[str], suffix: str
) -> None:
    async def attempt(work: Work) -> None:
        target = await create_entry(work, "Article", Draft(title="T", slug=SLUG))
        body = " ".join(f'<a href="{each}{suffix}">words</a>' for each in written)
        draft = Draft(title="P", slug="page", fields={"body": body})
        page = await create_entry(work, "Article", draft)
        where = Link.revision_id == page.revision.id
        links = (await work.session.scalars(select(Link).where(where))).all()
        assert {each.target_id for each in links} == {target.entry_id}
        assert len(links) == len(written)
        shown = (await work.session.execute(relations.links(DRAFTS).where(where))).all()
        plain = suffix.replace("&amp;", "&")
        assert {row.url for row in shown} == {f"{PATH}{plain}"}
        rendered: Any = derive(Article, page.revision.content).rendered["body"]
        pieces = [each for each in rendered["segments"] if "entry" in each]
        assert {(each["entry"], each["suffix"]) for each in pieces} == {(target.entry_id, suffix)}
        assert len(pieces) == len(written)

    rehearsals.rehearse(attempt)


async def test_links_can_have_long_paths(newsroom: Newsroom) -> None:
    # Characters without a pattern, which no database can compress.
    path = "/" + "".join(chr(0x4E00 + number**3 % 20_000) for number in range(1_900))
    for start in ("", "https://elsewhere.example"):
        head = await newsroom.draft(slug="", body=f"[here]({start}{path}) [there](/{'a' * 5_000})")
        kept = [unquote(url or "") for *_, url in await edges_of(newsroom, head)]
        assert kept == [f"{start}{path}", f"/{'a' * 5_000}"]
