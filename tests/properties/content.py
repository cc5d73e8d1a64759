"""The content that random queries are asked of, and what their arguments are chosen from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from cms.authorization.actor import OPERATOR
from cms.content.snapshot import Draft
from cms.drafts.entries import add_edition, create_entry
from cms.publishing.grounds import ClaimedReview
from cms.publishing.publishing import break_glass_publish, publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.storage.database import Database
from cms.tables import Revision
from cms.taxonomy.categories import create_category, move_category
from graphql_api.http.limits import Limits
from tests.builders import Newsroom, Topic, draft_of
from tests.reference import Reference
from tests.rewording import reword, translate_words
from tests.searching import SEARCHES
from tests.sites import SITE, URLS

NO_LIMITS = Limits(
    tokens=10**9,
    depth=10**9,
    aliases=10**9,
    root_fields=10**9,
    directives=10**9,
    fragments=10**9,
    fields=10**9,
    variable_items=10**9,
    repetitions=10**9,
    filters=10**9,
    parts=10**9,
    cost=10**15,
)


async def fill(database: Database) -> Newsroom:
    """Write and publish a little of everything; leave some drafts and something withdrawn."""
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    root = await newsroom.category("Topics")
    middle = await newsroom.category("Deep learning", root)
    leaf = await newsroom.category("Übergrößen & more", middle)
    drafts = {
        slug: await newsroom.draft(title=slug.title(), slug=slug)
        for slug in ("alpha", "beta", "gamma", "omega")
    }
    note = await newsroom.draft(
        "Note", title="A note", slug="a-note", text="Some words", mentions=["/articles/gamma"]
    )
    alpha = await newsroom.save(
        drafts["alpha"],
        title="Alpha: the first 'quoted' \"one\" \\ ünïcödé 🦊",
        slug="alpha",
        summary="Sum </script> & more",
        category=leaf,
        tags=["Rare", "Basics"],
        body="# Top\n\nSee [Beta](/articles/beta#top), [the note](/notes/a-note) and "
        "[outside](https://example.org/?a=1&b=2).",
        sections=[
            {"heading": "First part", "body": "One **two**."},
            {"heading": "First part", "body": "[Gamma](/articles/gamma)"},
        ],
        subtitle="Sub",
        rating=4.25,
        pages=12,
        is_free=True,
        issued_on="2026-02-28",
        level="HARD",
        aliases=["a", "zwei", ""],
        scores=[3, 12, 3],
        answers=[True, False],
        byline={"name": "Somebody", "year": 1999},
        steps=[
            {"title": "Do", "see": ["/articles/beta", "https://example.org/x"], "body": "Text"},
            {"title": "Do more", "see": [{"href": "/notes/a-note", "label": "Note", "note": "N"}]},
        ],
        translated_from="/articles/beta",
        about="/notes/a-note",
        related=["/articles/gamma", {"href": "/articles/beta#top", "label": "Beta at the top"}],
        sources=["https://example.org/source", {"href": "mailto:a@example.org", "label": "Mail"}],
        updated_on_site="2026-11-24T18:00:00+01:00",
        homepage="https://example.org/a?b=c",
        contact="Desk@example.org",
        accent="#A0b0C0",
        chart={"type": "Quote", "values": [1, None, {"a": 0.5}], "none": None},
        times=["2026-11-24T17:00:00Z", "2026-11-24T18:00:00.5-07:30"],
        compares=["/articles/gamma", "/articles/beta"],
        mentions=["/notes/a-note", "/articles/beta"],
        parts=[
            {"type": "Quote", "text": "To be", "author": "Will Shakespeare"},
            {
                "type": "Remark",
                "body": "## Aside\n\n[Beta](/articles/beta#top).",
                "see": ["/articles/beta", "https://example.org/y"],
                "about": "/articles/gamma",
                "colour": "#000000",
            },
            {
                "type": "Columns",
                "left": [{"type": "Remark"}, {"type": "Quote", "text": "Left"}],
                "right": [{"type": "Quote", "text": "Right"}],
                "rows": [{"cell": "C", "data": [1, 2]}, {"cell": "D"}],
            },
        ],
    )
    beta = await newsroom.save(
        drafts["beta"],
        title="Beta",
        slug="beta",
        category=middle,
        tags=["BASICS"],
        body="# Top\n\nBack to [Alpha](/articles/alpha#first-part-1).",
        rating=4.25,
        is_free=False,
        level="EASY",
        related=["/articles/alpha", "/articles/gamma", "/articles/alpha"],
        subtitle="Two words",
        updated_on_site="2026-11-24T17:00:00Z",
        translated_from="/articles/gamma",
        compares=["/articles/gamma"],
        mentions=["/articles/alpha"],
        parts=[{"type": "Remark", "body": "[A note](/notes/a-note)"}],
    )
    gamma = await newsroom.save(
        drafts["gamma"], newsroom.second_author, title="beta", slug="gamma", rating=0.5, pages=0
    )
    snippet = await newsroom.draft("Snippet", title="Snippet", text="In between")
    settings = await newsroom.draft(
        "Settings",
        title="Settings",
        brand="Brand",
        menu=[
            {"heading": "Read", "links": ["/articles/alpha", "/notes/a-note"]},
            {"heading": "Empty"},
        ],
    )
    await newsroom.publish(alpha, beta, gamma, note, snippet, settings)
    for number in range(8):
        await newsroom.published(
            title=f"Number {number % 3}",
            slug=f"number-{number}",
            category=[root, None][number % 2],
            tags=["rare"] if number % 5 == 0 else [],
            rating=number % 2 or None,
            level=[None, "HARD", "MEDIUM", "EASY"][number % 4],
            related=["/articles/alpha"],
        )
    await newsroom.unpublish(await newsroom.published(title="Withdrawn", slug="withdrawn"))
    await newsroom.save(alpha, title="Alpha, draft", slug="alpha", related=["/articles/omega"])
    await newsroom.review(gamma)  # signed off again, so that there is a page to find
    await translate(newsroom, beta, gamma)
    await publish_exceptions(newsroom)
    await reorder(newsroom, root, middle, leaf)
    await rename_people(newsroom)
    await newsroom.object_to(note)  # takes a name off, so reviews change at a position
    return newsroom


async def reorder(newsroom: Newsroom, root: Topic, middle: Topic, leaf: Topic) -> None:
    """Rename, translate, move and take back categories; leave some that are not public."""
    await translate_words(newsroom, root.id, "de", title="Themen", slug="themen")
    renamed = await reword(newsroom, leaf.id, title="Sizes", slug="sizes", summary="Large.")
    await newsroom.update(renamed, title="Sizes, draft", slug="sizes-draft")
    beside = await newsroom.category("Beside")
    above = await newsroom.category("Above", beside)
    administrator = newsroom.administrator
    await newsroom.do(administrator, move_category, beside.id, ordinal=0)
    await newsroom.do(administrator, move_category, middle.id, parent_id=above.id)
    await newsroom.do(newsroom.publisher, unpublish_entry, (await newsroom.category("Gone")).id)
    made = await newsroom.do(
        administrator, create_category, Draft(title="Secret"), parent_id=root.id
    )
    await newsroom.do(newsroom.author, add_edition, made.entry_id, "de")
    await newsroom.do(administrator, create_category, Draft(title="Draft"), parent_id=root.id)


async def rename_people(newsroom: Newsroom) -> None:
    """Give an author other words, and a reviewer words in another language."""
    author = str(newsroom.author.person_id)
    profiles = [{"name": "Elsewhere", "url": "https://example.org/ada"}]
    await reword(newsroom, author, title="Ada Å. Author", summary="Writes.", profiles=profiles)
    reviewer = str(newsroom.reviewers[0].person_id)
    await translate_words(newsroom, reviewer, "de", title="Rita Rezensentin")
    await newsroom.person("Dora Draft")


async def publish_exceptions(newsroom: Newsroom) -> None:
    """Publish pages without sign-offs; let reviewers complete the stages of one of each kind."""
    for number, is_reviewed in enumerate((False, True)):
        head = await newsroom.draft("Note", title="Urgent", slug=f"urgent-{number}", text="Now")
        entry_id = await newsroom.entry_id(head)
        await newsroom.ask(head)
        await newsroom.sign(head, newsroom.reviewers[2])
        async with newsroom.as_(newsroom.administrator) as work:
            await break_glass_publish(work, entry_id, revision_id=head.id, reason="It is wrong.")
        if is_reviewed:
            await newsroom.review(head)
    claim = ClaimedReview(reviewers=("Xenia Old", "Yves Older"), reviewed_on=date(2024, 5, 17))
    for number, claimed in enumerate((None, claim)):
        async with newsroom.as_(OPERATOR) as work:
            page = await create_entry(work, "Article", draft_of(slug=f"imported-{number}"))
            await publish_imported(
                work,
                {page.entry_id: page.revision.id},
                source="The old site",
                claimed_review={page.entry_id: claimed} if claimed is not None else None,
            )
    await newsroom.review(page.revision)


async def translate(newsroom: Newsroom, beta: Revision, gamma: Revision) -> None:
    """Publish two translations; let one fall behind, and have the other's slug taken."""
    german_gamma = await newsroom.translate(gamma, "de", title="Gamma auf Deutsch", slug="gamma")
    await newsroom.publish(german_gamma, locale="de")
    german_beta = await newsroom.translate(
        beta, "de", title="Beta auf Deutsch", slug="beta-de", related=["/articles/gamma"]
    )
    await newsroom.publish(german_beta, locale="de")
    moved = await newsroom.save(
        beta, title="Beta, moved", slug="beta-moved", body="# Top", related=["/articles/alpha"]
    )
    await newsroom.publish(moved)
    namesake = await newsroom.draft(title="Namesake", slug="number-3")
    begun = await newsroom.translate(namesake, "de", title="Namensvetter", slug="number-4")
    await newsroom.publish(begun, locale="de")


def _spellings(paths: Iterable[str]) -> Iterator[str]:
    """Yield other spellings of paths."""
    for path in paths:
        for home in ("", *URLS.values()):
            yield f"{home}{quote(path)}/?x=1#y"


def pools(reference: Reference) -> Mapping[str, Sequence[Any]]:
    """Return what arguments are chosen from: mostly what is there, and a few strangers."""
    tables = reference.tables
    ids = [row.id for row in tables["entry"]]
    slugs = [row.slug for name in ("revision", "revision_tag") for row in tables[name]]
    tree_paths = [row.path for row in tables["category_path"]]
    paths = [row.path for row in tables["address"]] + tree_paths
    titles = [row.title for row in tables["revision"]]
    positions = [f"{row.number}.{row.nonce}" for row in tables["position"]]
    times = [row.published_at.isoformat() for row in tables["publication"]]
    return {
        "ID": [*ids, "nobody", ""],
        "String": [*slugs, *titles, "a", "", "%", "_", "'", '"', "\\", "e\0", "🦊", "Ü"],
        "homepage:String": ["https://example.org/a?b=c", "https", "e"],
        "accent:String": ["#a0b0c0", "#A0b0C0", "#"],
        "contact:String": ["Desk@example.org", "desk@example.org", "@"],
        "path:String": [*paths, *_spellings(paths), "/nowhere", "\u0000"],
        "slug:String": [*slugs, "nowhere"],
        "treePath:String": [*tree_paths, "", "top"],
        "within:String": [*tree_paths, "", "top"],
        "search:String": [*titles, *SEARCHES],
        "kind:String": ["related", "inline", "step", "source", "menu"],
        "Int": [0, 1, -1, 12, 2**31 - 1],
        "Float": [0, 0.5, 1, 4.25, -3.5, 1e30],
        "Date": ["2026-02-28", "1999-12-31"],
        "DateTime": [
            *times,
            "2026-11-24T17:00:00Z",
            "2026-11-24T18:00:00+01:00",
            "2000-01-01T00:00:00Z",
            "2026-11-24T12:00:00.123456+02:00",
        ],
        "first:Int": [0, 1, 3, 100],
        # Now and then one that only another server has.
        "SitePosition": [*positions, *positions, "0", "1.0123456789abcdef", "99.0123456789abcdef"],
        # Drafts are refused here, so they are asked for now and then only.
        "perspective:Perspective": ["PUBLISHED"] * 9 + ["DRAFT"],
    }
