"""A second import: what was changed, moved or removed at the source is so here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Changes, Draft
from cms.copydesk import reactions_of
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import create_entry
from cms.drafts.saving import update_entry
from cms.errors import ContentFileError, InvalidValue, Refused
from cms.events import EntryPublished, EntryUnpublished, Event, RedirectCreated
from cms.importing.drafting import Drafting
from cms.importing.markdown import ImportOptions, import_markdown
from cms.importing.report import ImportReport
from cms.importing.session import Provenance
from cms.importing.site.faults import FaultKind
from cms.importing.site.mapping import TypeRules
from cms.ledger.verification import Invalid, verify_ledger
from cms.publishing.redirects import create_redirect, remove_redirect
from cms.site import Site
from cms.tables import Address, AuditRecord, Edition, ImportedFile, Revision
from cms.work.work import Desk, Work
from tests.builders import Newsroom
from tests.cms.importing.conftest import PUBLIC, Importer
from tests.cms.importing.sites import SITE, GlossaryTerm
from tests.cms.importing.test_markdown import everything, told
from tests.forging import no_progress

TIDE = """---
title: {title}
---

The water of the [quay](/quay/) rises and falls, as the moon has it, about twice in a day.
"""
QUAY = "---\ntitle: Quay\n---\n\nShips lie here, however the [tide](/{tide}/) stands.\n"

ROUTE = """query Route($path: String!) { route(path: $path) {
  __typename
  ... on PageRoute { entry { id title } }
  ... on RedirectRoute { to entry { id title } }
} }"""
BY_PATH = """query ByPath($path: String!) { entry(by: {path: $path}) { id title } }"""


class Note(ContentType, path="/notes/{slug}"):
    """A short text beside the terms."""

    body = Markdown()


WITH_NOTES = Site("Notes", content_types=(GlossaryTerm, Note))


@pytest.fixture
def notes(coast: Importer) -> Importer:
    """The two pages, one of which is a note."""
    coast.newsroom = Newsroom(coast.database, WITH_NOTES)
    coast.mapping = replace(
        coast.mapping,
        types={"en/quay.md": TypeRules(content_type="Note")},
        sections="",
        locales={"en": coast.mapping.locales["en"]},
    )
    return coast


@pytest.fixture
def coast(harbour: Importer, tmp_path: Path) -> Importer:
    """A folder of two pages that link to each other, without a history."""
    harbour.mapping = replace(
        harbour.mapping, history="", category="", tags="", fields={}, renamed={}
    )
    harbour.folder = tmp_path / "coast"
    (harbour.folder / "en").mkdir(parents=True)
    harbour.write("en/tide.md", TIDE.format(title="Tide"))
    harbour.write("en/quay.md", QUAY.format(tide="tide"))
    return harbour


async def entries(importer: Importer) -> dict[str, str]:
    """Return the entry of each slug of a newest revision."""
    async with importer.database.reading() as session:
        rows = await session.execute(
            select(Revision.slug, Edition.entry_id)
            .join(Edition, Edition.head_id == Revision.id)
            .where(Edition.content_type == "GlossaryTerm")
        )
        return dict(rows.all())


async def edit_here(importer: Importer, entry_id: str) -> None:
    """Change the title of a page here, as another author does."""
    newsroom = importer.newsroom
    async with newsroom.as_(newsroom.second_author) as work:
        head = await work.session.scalar(
            select(Edition.head_id).where(Edition.entry_id == entry_id)
        )
        await update_entry(work, entry_id, Changes(title="Ours"), base_revision=str(head))


async def files(importer: Importer) -> list[tuple[str | None, bool]]:
    """Return the recorded files, each with whether it is there."""
    async with importer.database.reading() as session:
        rows = await session.scalars(select(ImportedFile).order_by(ImportedFile.id))
        return sorted((each.path, each.ended_at is None) for each in rows)


async def route(importer: Importer, path: str) -> Any:
    return (await importer.data(ROUTE, path=path))["route"]


async def check_ledger(importer: Importer) -> None:
    """Check that every row is as commands have left it."""
    public_key = importer.database.key_file.load().public_key_pem()
    async with importer.database.reading() as session:
        found = [each async for each in verify_ledger(session, public_key, no_progress)]
    assert [each for each in found if isinstance(each, Invalid)] == []


async def test_pages_that_link_to_each_other_are_published_at_once(coast: Importer) -> None:
    report = await coast.run()
    assert report.is_complete
    assert report.made["revisions"] == report.made["publications"] == 2
    before = await everything(coast.database)
    assert +(await coast.run()).made == {}
    assert await everything(coast.database) == before
    await check_ledger(coast)


@pytest.mark.parametrize("by", ["words", "mapping"])
async def test_a_moved_file_moves_its_page_and_leaves_a_redirect(coast: Importer, by: str) -> None:
    await coast.run()
    before = await entries(coast)
    (coast.folder / "en/tide.md").unlink()
    text = TIDE.format(title="Ebb and flow")
    if by == "mapping":
        text = "---\ntitle: Ebb and flow\n---\n\nOther words in all.\n"
        coast.mapping = replace(coast.mapping, renamed={"tide": "ebb-and-flow"})
    coast.write("en/ebb-and-flow.md", text)
    coast.write("en/quay.md", QUAY.format(tide="ebb-and-flow"))
    report = await coast.run()
    assert report.is_complete
    assert +report.made == {"revisions": 2, "publications": 2, "moved": 1, "redirects": 1}
    assert await entries(coast) == {"ebb-and-flow": before["tide"], "quay": before["quay"]}
    assert await files(coast) == [
        ("en/ebb-and-flow.md", True),
        ("en/quay.md", True),
        ("en/tide.md", False),
    ]
    for path in ("/glossary/tide", "/tide", "/ebb-and-flow/"):
        there = await route(coast, path)
        assert (there["to"], there["entry"]["title"]) == ("/glossary/ebb-and-flow", "Ebb and flow")
    assert +(await coast.run()).made == {}
    await check_ledger(coast)


async def test_a_new_file_can_take_the_place_of_a_moved_one(coast: Importer) -> None:
    await coast.run()
    before = await entries(coast)
    coast.write("en/moon.md", (coast.folder / "en/tide.md").read_text())
    (coast.folder / "en/tide.md").unlink()
    await coast.run()
    coast.write("en/tide.md", "---\ntitle: Tide\n---\n\nAnother page of this name altogether.\n")
    report = await coast.run()
    assert report.is_complete
    after = await entries(coast)
    assert (after["moon"], after["quay"]) == (before["tide"], before["quay"])
    assert after["tide"] not in before.values()
    page = (await coast.data(BY_PATH, path="/glossary/quay"))["entry"]
    assert page["id"] == before["quay"]
    async with coast.database.reading() as session:
        content: Any = await session.scalar(
            select(Revision.content)
            .join(Edition, Edition.head_id == Revision.id)
            .where(Edition.entry_id == before["quay"])
        )
    assert [each["target"] for each in content["links"]] == [after["tide"]]


async def test_a_removed_file_takes_its_page_back_and_a_file_that_returns_brings_it(
    coast: Importer,
) -> None:
    await coast.run()
    before = await entries(coast)
    text = (coast.folder / "en/tide.md").read_text()
    (coast.folder / "en/tide.md").unlink()
    report = await coast.run()
    assert +report.made == {"revisions": 1, "publications": 1, "unpublished": 1}
    assert told(coast, report) == [("lost_link", "en/quay.md:5: /tide/ does not point to a page")]
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"] is None
    assert ("en/tide.md", False) in await files(coast)
    assert +(await coast.run()).made == {}
    coast.write("en/tide.md", text)
    report = await coast.run()
    assert report.is_complete
    assert report.made["publications"] == 2
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"]["id"] == before["tide"]
    await check_ledger(coast)


async def test_files_that_link_to_each_other_are_removed_together(coast: Importer) -> None:
    coast.write("en/rope.md", "---\ntitle: Rope\n---\n\nIt holds a ship.\n")
    await coast.run()
    for each in ("tide", "quay"):
        (coast.folder / f"en/{each}.md").unlink()
    assert +(await coast.run(allows_removals=True)).made == {"unpublished": 2}


async def test_what_people_have_edited_is_not_taken_back(coast: Importer) -> None:
    await coast.run()
    entry_id = (await entries(coast))["tide"]
    await edit_here(coast, entry_id)
    (coast.folder / "en/tide.md").unlink()
    for _ in range(2):
        report = await coast.run()
        message = "en/tide.md: not unpublished: its page here was edited"
        assert ("kept", message) in told(coast, report)
        assert report.made["unpublished"] == 0
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"] is not None


async def test_the_last_file_of_a_type_is_removed(notes: Importer) -> None:
    await notes.run()
    (notes.folder / "en/quay.md").unlink()
    report = await notes.run()
    assert report.made["unpublished"] == 1
    assert ("en/quay.md", False) in await files(notes)
    assert +(await notes.run()).made == {}


async def test_a_file_that_is_of_another_type_now_is_refused(notes: Importer) -> None:
    await notes.run()
    before = await everything(notes.database)
    notes.mapping = replace(notes.mapping, types={})
    report = await notes.run()
    (fault,) = report.of_kind(FaultKind.REFUSED)
    assert fault.file.name == "quay.md"
    assert fault.message.startswith("the page here has another content type than GlossaryTerm; map")
    assert await everything(notes.database) == before


async def test_without_publications_a_removed_file_is_only_told(coast: Importer) -> None:
    await coast.run()
    (coast.folder / "en/tide.md").unlink()
    report = await coast.run(None)
    message = "en/tide.md: the file is gone, and its page is public; import with publications"
    assert ("kept", message) in told(coast, report)
    assert (await coast.run()).made["unpublished"] == 1


async def test_a_page_that_is_hidden_at_the_source_is_unpublished_until_it_is_shown(
    coast: Importer,
) -> None:
    await coast.run()
    coast.replace("en/tide.md", "title: Tide", "title: Tide\ndraft: true")
    message = "en/tide.md: hidden at the source, and its page is public; import with publications"
    assert ("kept", message) in told(coast, await coast.run(None))
    report = await coast.run()
    assert (report.made["unpublished"], report.of_kind(FaultKind.KEPT)) == (1, [])
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"] is None
    assert +(await coast.run()).made == {}
    coast.replace("en/tide.md", "draft: true\n", "")
    report = await coast.run()
    assert report.is_complete
    assert report.made["publications"] == 2
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"] is not None
    assert +(await coast.run()).made == {}
    await check_ledger(coast)


async def test_a_page_that_is_edited_while_an_import_runs_stays_public(
    coast: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await coast.run()
    entry_id = (await entries(coast))["tide"]
    save = Drafting.save

    async def save_while_others_do(*args: Any, **options: Any) -> None:
        await save(*args, **options)
        await edit_here(coast, entry_id)

    coast.replace("en/tide.md", "title: Tide", "title: Tide\ndraft: true")
    monkeypatch.setattr(Drafting, "save", save_while_others_do)
    report = await coast.run()
    message = "en/tide.md: not unpublished: its page here was edited"
    assert ("kept", message) in told(coast, report)
    assert report.made["unpublished"] == 0
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"] is not None


async def test_a_hidden_page_that_people_have_edited_stays_public(coast: Importer) -> None:
    await coast.run()
    entry_id = (await entries(coast))["tide"]
    await edit_here(coast, entry_id)
    coast.replace("en/tide.md", "title: Tide", "title: Tide\ndraft: true")
    for _ in range(2):
        report = await coast.run()
        message = "en/tide.md: not unpublished: its page here was edited"
        assert ("kept", message) in told(coast, report)
        assert report.made["unpublished"] == 0


async def test_a_file_that_the_mapping_skips_now_is_told(coast: Importer) -> None:
    await coast.run()
    coast.mapping = replace(coast.mapping, skip=("en/tide.md",))
    report = await coast.run()
    message = (
        "en/tide.md: not imported any more, and its page stays public; unpublish it if it is to go"
    )
    assert ("kept", message) in told(coast, report)
    assert report.made["unpublished"] == 0


async def test_a_file_with_a_fault_is_not_a_removed_one(coast: Importer) -> None:
    await coast.run()
    coast.write("en/tide.md", "---\ntitle: [\n---\n\nWords.\n")
    report = await coast.run()
    assert len(report.of_kind(FaultKind.REFUSED)) == 1
    assert +report.made == {}
    assert (await coast.data(BY_PATH, path="/glossary/tide"))["entry"] is not None
    # The page that links to it would lose its link.
    message = "en/quay.md: not imported: its page links to en/tide.md, which was refused"
    assert ("kept", message) in told(coast, report)
    coast.write("en/tide.md", TIDE.format(title="The tide"))
    again = await coast.run()
    assert again.is_complete
    assert +again.made == {"revisions": 1, "publications": 1}


async def test_another_folder_needs_another_source(coast: Importer, tmp_path: Path) -> None:
    await coast.run()
    before = await everything(coast.database)
    coast.folder = tmp_path / "other"
    (coast.folder / "en").mkdir(parents=True)
    coast.write("en/knot.md", "---\ntitle: Knot\n---\n\nIt holds a rope.\n")
    with pytest.raises(
        ContentFileError,
        match=r"2 of the 2 files of 'https://harbour\.example' .* another --source",
    ):
        await coast.run()
    assert await everything(coast.database) == before
    report = await coast.run(Provenance(source="The other site"))
    assert +report.made == {
        "entries": 1,
        "editions": 1,
        "revisions": 1,
        "publications": 1,
        "redirects": 1,
    }


async def test_most_files_are_removed_only_if_that_is_allowed(coast: Importer) -> None:
    coast.write("en/rope.md", "---\ntitle: Rope\n---\n\nIt holds a ship.\n")
    await coast.run()
    before = await everything(coast.database)
    for each in ("tide", "quay"):
        (coast.folder / f"en/{each}.md").unlink()
    with pytest.raises(ContentFileError, match=r"2 of the 3 files .* give --allow-removals if"):
        await coast.run()
    assert await everything(coast.database) == before
    assert (await coast.run(allows_removals=True)).made["unpublished"] == 2


async def test_a_page_of_another_source_is_not_written_over(
    coast: Importer, tmp_path: Path
) -> None:
    await coast.run()
    coast.folder = tmp_path / "other"
    (coast.folder / "en").mkdir(parents=True)
    coast.write("en/tide.md", "---\ntitle: Our tide\n---\n\nOther words.\n")
    report = await coast.run(Provenance(source="The other site"))
    (fault,) = report.of_kind(FaultKind.REFUSED)
    assert "the page 'tide' here comes from 'https://harbour.example'" in fault.message
    assert +report.made == {}


async def test_a_draft_that_was_deleted_here_comes_again(coast: Importer) -> None:
    (coast.folder / "en/quay.md").unlink()
    await coast.run(None)
    entry_id = (await entries(coast))["tide"]
    await coast.newsroom.do(coast.newsroom.administrator, delete_entry, entry_id)
    assert await files(coast) == []
    report = await coast.run(None)
    assert report.made["entries"] == 1


async def test_former_addresses_answer_and_stay_as_people_have_them(coast: Importer) -> None:
    coast.mapping = replace(coast.mapping, aliases=("aliases",))
    coast.replace("en/tide.md", "title: Tide", "title: Tide\naliases: [/moon/water/, /taken/]")
    newsroom = coast.newsroom
    await newsroom.do(newsroom.publisher, create_redirect, "/taken", "https://elsewhere.example/")
    report = await coast.run()
    faults = [text for _, text in told(coast, report)]
    assert faults == [
        (
            "en/tide.md: the former address /taken does not answer: "
            "/taken is the path of a redirect; choose another path"
        )
    ]
    for path in ("/moon/water", "/tide/"):
        there = await route(coast, path)
        assert (there["__typename"], there["to"]) == ("RedirectRoute", "/glossary/tide")
        found = (await coast.data(BY_PATH, path=path))["entry"]
        assert found is None or found["title"] == "Tide"
    await newsroom.do(newsroom.publisher, remove_redirect, "/moon/water")
    assert +(await coast.run()).made == {}
    async with coast.database.reading() as session:
        open_paths = await session.scalars(
            select(Address.path).where(
                Address.edition_id.is_(None), Address.ended_position.is_(None)
            )
        )
        assert set(open_paths) == {"/quay", "/taken", "/tide"}


@pytest.mark.parametrize("batch", [1, 200])
async def test_a_dry_run_says_what_a_run_does(coast: Importer, batch: int) -> None:
    await coast.run()
    coast.write("en/ebb.md", (coast.folder / "en/tide.md").read_text())
    (coast.folder / "en/tide.md").unlink()
    coast.write("en/rope.md", "---\ntitle: [\n---\n\nWords.\n")
    coast.write("en/knot.md", "---\ntitle: Knot\n---\n\nA [rope](/rope/) and a [quay](/quay/).\n")
    before = await everything(coast.database)
    rehearsed = await coast.rehearse(batch=batch)
    assert await everything(coast.database) == before
    done = await coast.run(batch=batch)
    assert rehearsed.made == done.made
    assert rehearsed.faults == done.faults
    assert (rehearsed.resolved, rehearsed.entries) == (done.resolved, done.entries)


async def test_a_page_that_fails_a_gate_stays_a_draft_with_those_that_need_it(
    coast: Importer,
) -> None:
    coast.write("en/rope.md", "---\ntitle: Rope\n---\n\nIt holds a ship.\n")
    newsroom = coast.newsroom
    taken = "/glossary/tide"
    await newsroom.do(newsroom.publisher, create_redirect, taken, "https://elsewhere.example/")
    report = await coast.run()
    assert not report.is_complete
    assert (report.made["editions"], report.made["publications"]) == (3, 1)
    faults = report.of_kind(FaultKind.DRAFT)
    assert [each.file.name for each in faults] == ["quay.md", "tide.md"]
    assert "/glossary/tide is the path of a redirect" in faults[1].message
    assert (await coast.rehearse()).faults == report.faults
    assert +(await coast.run()).made == {}
    await newsroom.do(newsroom.publisher, remove_redirect, taken)
    again = await coast.run()
    assert again.is_complete
    assert (again.made["revisions"], again.made["publications"]) == (0, 2)


async def test_others_write_between_the_batches(coast: Importer) -> None:
    for each in range(30):
        coast.write(f"en/page-{each}.md", f"---\ntitle: Page {each}\n---\n\nWords.\n")
    has_begun = asyncio.Event()

    @contextmanager
    def watch(_: str, __: int) -> Iterator[Callable[[int], None]]:
        yield lambda _: has_begun.set()

    importing = asyncio.create_task(coast.run(batch=1, watch=watch))
    importing.add_done_callback(lambda _: has_begun.set())
    await has_begun.wait()
    author = coast.newsroom.author
    for _ in range(8):
        await coast.newsroom.do(author, create_entry, "GlossaryTerm", Draft(title="Ours"))
    assert (await importing).is_complete
    async with coast.database.reading() as session:
        rows = await session.execute(
            select(AuditRecord.sequence, AuditRecord.actor)
            .where(AuditRecord.action == "entry:create")
            .order_by(AuditRecord.sequence)
        )
        actors = [actor for _, actor in rows]
    of_import = [index for index, actor in enumerate(actors) if actor == "operator"]
    between = actors[of_import[0] : of_import[-1]]
    assert between.count(str(author.account_id)) > 3


async def test_the_date_in_a_file_is_that_of_the_first_publication(coast: Importer) -> None:
    coast.mapping = replace(coast.mapping, date=("date",))
    coast.replace("en/tide.md", "title: Tide", "title: Tide\ndate: 2019-05-06")
    query = "{ glossaryTerms(orderBy: [title_ASC]) { nodes { firstPublishedAt publishedAt } } }"
    for words in ("about twice", "nearly twice"):
        coast.replace("en/tide.md", "about twice", words)
        assert (await coast.run()).is_complete
        quay, tide = (await coast.data(query))["glossaryTerms"]["nodes"]
        assert tide["firstPublishedAt"] == "2019-05-06T00:00:00.000Z"
        assert tide["publishedAt"] > tide["firstPublishedAt"]
        assert quay["firstPublishedAt"] == quay["publishedAt"]


async def test_a_category_goes_public_with_the_first_page_that_no_hook_refuses(
    coast: Importer,
) -> None:
    coast.mapping = replace(coast.mapping, category="section")
    (coast.folder / "en/tide.md").unlink()
    (coast.folder / "en/quay.md").unlink()
    for each in ("one", "two", "three"):
        page = f"---\ntitle: {each}\nsection: Sea\n---\nWords.\n"
        coast.write(f"en/{each}.md", page)
    refused: list[str] = []

    async def refuse_first(_: Work, events: Sequence[Event]) -> None:
        if not refused and any(isinstance(each, EntryPublished) for each in events):
            refused.append("first")
            raise Refused(InvalidValue(message="not on a Sunday"))

    desk = Desk(coast.database, SITE, [*reactions_of(SITE), refuse_first])
    options = ImportOptions(provenance=PUBLIC, batch=1)
    report = await import_markdown(desk, coast.folder, coast.mapping, options)
    (fault,) = report.of_kind(FaultKind.DRAFT)
    assert fault.message.endswith("not on a Sunday")
    assert report.made["publications"] == 2
    data = await coast.data("{ categories(first: 9) { nodes { title } } }")
    assert [each["title"] for each in data["categories"]["nodes"]] == ["Sea"]


async def test_drafts_stay_where_a_hook_refuses_to_publish(coast: Importer) -> None:
    report = await run_with(coast, lambda event: isinstance(event, EntryPublished))
    faults = report.of_kind(FaultKind.DRAFT)
    assert {each.file.name for each in faults} == {"quay.md", "tide.md"}
    assert all("not on a Sunday" in each.message for each in faults)
    assert (report.made["revisions"], report.made["publications"]) == (2, 0)
    assert (await coast.run()).made["publications"] == 2


async def run_with(coast: Importer, refused: Callable[[Event], bool]) -> ImportReport:
    """Import with a hook that refuses commands with some events."""

    async def refuse(_: Work, events: Sequence[Event]) -> None:
        if any(map(refused, events)):
            raise Refused(InvalidValue(message="not on a Sunday"))

    desk = Desk(coast.database, SITE, [*reactions_of(SITE), refuse])
    options = ImportOptions(provenance=PUBLIC)
    return await import_markdown(desk, coast.folder, coast.mapping, options)


async def test_a_hook_refuses_a_page_and_not_those_beside_it(coast: Importer) -> None:
    for name, links in {"one": "/two/", "two": "/one/", "three": "/one/", "four": "/tide/"}.items():
        coast.write(f"en/{name}.md", f"---\ntitle: {name}\n---\n[x]({links})\n")

    def is_of_one(event: Event) -> bool:
        return isinstance(event, EntryPublished) and event.entry == entries["one"]

    entries: dict[str, str] = {}
    await coast.run(provenance=None)
    async with coast.database.reading() as session:
        rows = await session.execute(select(Edition.slug, Edition.entry_id))
        entries = {str(slug): str(entry_id) for slug, entry_id in rows}
    report = await run_with(coast, is_of_one)
    faults = report.of_kind(FaultKind.DRAFT)
    assert {each.file.name for each in faults} == {"one.md", "two.md", "three.md"}
    assert report.made["publications"] == 3


async def test_a_hook_keeps_a_page_public_and_not_those_beside_it(coast: Importer) -> None:
    coast.mapping = replace(coast.mapping, aliases=("former",))
    for name in ("cliff", "rock", "reef"):
        coast.write(f"en/{name}.md", f"---\ntitle: {name}\n---\nHigh.\n")
    assert (await coast.run()).is_complete
    for name in ("cliff", "rock", "reef"):
        coast.replace(f"en/{name}.md", "title:", "draft: true\ntitle:")
    for name in ("quay", "tide"):
        coast.replace(f"en/{name}.md", "title:", f"former: [/old-{name}/]\ntitle:")
    kept: list[str] = []

    def is_of_first(event: Event) -> bool:
        if not isinstance(event, EntryUnpublished):
            return False
        kept.append(event.entry)
        return event.entry == kept[0]

    report = await run_with(coast, is_of_first)
    assert (report.made["unpublished"], report.made["redirects"]) == (2, 2)
    (fault,) = [each for each in report.faults if "not on a Sunday" in each.message]
    assert fault.kind is FaultKind.KEPT


async def test_a_hook_refuses_a_redirect_and_not_those_beside_it(coast: Importer) -> None:
    coast.mapping = replace(coast.mapping, aliases=("former",))
    for name in ("quay", "tide"):
        coast.replace(f"en/{name}.md", "title:", f"former: [/old-{name}/]\ntitle:")
    positions: list[int] = []

    def is_first(event: Event) -> bool:
        if not isinstance(event, RedirectCreated):
            return False
        positions.append(event.position)
        return len(positions) in {1, 2}  # all together, and the first alone

    report = await run_with(coast, is_first)
    # Also from the former paths of both pages.
    assert report.made["redirects"] == 3
    (fault,) = report.of_kind(FaultKind.LOST_LINK)
    assert "not on a Sunday" in fault.message
