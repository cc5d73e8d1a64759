"""A folder of Markdown files becomes entries, with all that it was before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.content.snapshot import Changes
from cms.drafts.saving import update_entry
from cms.errors import ContentFileError
from cms.importing.report import ImportReport
from cms.importing.site.faults import FaultKind
from cms.storage.database import Database
from cms.tables import (
    Account,
    AuditRecord,
    CategoryPlace,
    Counter,
    Edition,
    Entry,
    Publication,
    Revision,
)
from tests.cms.importing.conftest import IMPORTED, Importer

FOLLOWS = "Updates links to pages that were added or removed."

IN_EACH_LANGUAGE = """
query InEachLanguage($slug: String!) {
  en: view(locale: EN) { glossaryTerm(by: {slug: $slug}) { title locale category { name } } }
  de: view(locale: DE) { glossaryTerm(by: {slug: $slug}) { title locale category { name } } }
  es: view(locale: ES) { glossaryTerm(by: {slug: $slug}) { title locale category { name } } }
}
"""

LINKED_BY_NOTHING = """
query LinkedByNothing {
  glossaryTerms(
    where: {
      category: {within: "technology"}
      tags: {some: {slug: {eq: "infrastructure"}}}
      incomingLinks: {count: {eq: 0}}
    }
    orderBy: [title_ASC]
    first: 100
  ) { nodes { title } }
}
"""

THEN_AND_NOW = """
query ThenAndNow {
  then: view(asOf: "2023-01-01T00:00:00Z") {
    glossaryTerms(orderBy: [title_ASC], first: 100) { nodes { id title revision { digest } } }
  }
  now: glossaryTerms(orderBy: [title_ASC], first: 100) { nodes { id title revision { digest } } }
}
"""

AS_OF = """
query AsOf @view(asOf: "2023-01-01T00:00:00Z") {
  glossaryTerms(orderBy: [title_ASC], first: 100) {
    nodes {
      title publishedAt category { treePath }
      revision { author { name } } review { reviewers { name } signedAt }
    }
  }
}
"""

POSITION = 'query @view(asOf: "2023-01-01T00:00:00Z") { position }'
CHANGES = """
query Changes($since: SitePosition!, $after: String) {
  sync(since: $since, after: $after, first: 50, where: {locale: {eq: EN}}) {
    nodes { kind entryId digest }
    pageInfo { hasNextPage endCursor }
  }
}
"""

PAGE = """
query Page($slug: String!) {
  glossaryTerm(by: {slug: $slug}) {
    path status body { markdown } sections { heading body { markdown } }
    links { nodes { target { ... on Entry { title } } } }
  }
}
"""


async def test_a_report_says_what_was_done(harbour: Importer) -> None:
    report = await harbour.run()
    assert (report.files, report.entries, report.editions) == (12, 9, 12)
    assert report.made["entries"] == 11  # two of which are gone by now
    assert report.made["authors"] == 3
    assert report.made["categories"] == 3
    assert report.made["unpublished"] == 4
    assert report.is_done
    assert report.is_complete
    assert told(harbour, report) == [
        ("lost_link", "de/berth.md:9: /de/tide/ does not point to a page"),
        ("lost_link", "en/berth.md:14: /customs-house/ does not point to a page"),
        ("lost_link", "en/fog-bell.md:9: /lighthouse/ points to a page that is not public"),
        ("lost_link", "en/lighthouse.md:9: /fog-bell/ points to a page that is not public"),
        ("lost_anchor", "en/rope.md:8: /bollard/#knees points to a page without #knees"),
        ("hidden", "en/fog-bell.md:1: is not public: draft: true"),
        ("hidden", "en/lighthouse.md:1: is not public: draft: true"),
        (
            "ignored",
            "history.jsonl:8: en/tide.md:2: expected ',' or ']', but got '<stream end>'",
        ),
    ]


def told(harbour: Importer, report: ImportReport) -> list[tuple[str, str]]:
    """Return the faults of a report, each with its kind, with paths in the folder."""
    return [(str(each.kind), str(each).replace(f"{harbour.folder}/", "")) for each in report.faults]


@IMPORTED
async def test_a_page_is_there_in_each_language_or_in_the_next_best(harbour: Importer) -> None:
    pages = await harbour.data(IN_EACH_LANGUAGE, slug="berth")
    concept = {"name": "concept"}
    assert {locale: page["glossaryTerm"] for locale, page in pages.items()} == {
        "en": {"title": "Berth", "locale": "EN", "category": concept},
        "de": {"title": "Liegeplatz", "locale": "DE", "category": concept},
        "es": {"title": "Berth", "locale": "EN", "category": concept},
    }


@IMPORTED
async def test_terms_that_nothing_links_to_are_found(harbour: Importer) -> None:
    found = await harbour.data(LINKED_BY_NOTHING)
    assert [each["title"] for each in found["glossaryTerms"]["nodes"]] == ["Crane"]


@IMPORTED
async def test_the_glossary_is_there_as_it_stood(harbour: Importer) -> None:
    terms = {each["title"]: each for each in (await harbour.data(AS_OF))["glossaryTerms"]["nodes"]}
    assert list(terms) == [
        *("Berth", "Bollard", "Crane", "Fog Bell", "Lighthouse", "Pilot"),
        *("Quay", "Rope", "Semaphore", "Telegraph", "Tide"),
    ]
    assert terms["Pilot"] == {
        "title": "Pilot",
        "publishedAt": "2021-05-04T08:30:00.000Z",
        "category": {"treePath": "concept"},
        "revision": {"author": {"name": "hand-two"}},
        "review": None,
    }
    # Its commit has a clock that ran behind that of the commit before.
    assert terms["Crane"]["publishedAt"] == "2022-06-01T09:00:00.000Z"


@IMPORTED
async def test_what_has_changed_since_is_found(harbour: Importer) -> None:
    views = await harbour.data(THEN_AND_NOW)
    then = {each["id"]: each for each in views["then"]["glossaryTerms"]["nodes"]}
    now = {each["id"]: each for each in views["now"]["nodes"]}
    changed = [now[each]["title"] for each in now if each in then and now[each] != then[each]]
    assert [then[each]["title"] for each in then if each not in now] == [
        *("Fog Bell", "Lighthouse", "Semaphore", "Telegraph")
    ]
    assert [now[each]["title"] for each in now if each not in then] == []
    assert changed == ["Berth", "Harbour Pilot"]
    await check_changes(harbour, views)


async def check_changes(importer: Importer, views: Any) -> None:
    """Find the same by sync as between then and now."""
    then, now = (
        {each["id"]: each["revision"]["digest"] for each in nodes}
        for nodes in (views["then"]["glossaryTerms"]["nodes"], views["now"]["nodes"])
    )
    since, after, built = (await importer.data(POSITION))["position"], None, dict(then)
    while True:
        page = (await importer.data(CHANGES, since=since, after=after))["sync"]
        for change in page["nodes"]:
            if change["kind"] == "DELETE":
                del built[change["entryId"]]
            else:
                assert built.get(change["entryId"]) != change["digest"]
                built[change["entryId"]] = change["digest"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert built == now


@IMPORTED
async def test_links_lead_to_where_pages_stand_here(harbour: Importer) -> None:
    berth = (await harbour.data(PAGE, slug="berth"))["glossaryTerm"]
    assert berth["path"] == "/glossary/berth"
    assert berth["status"] == "COMPLETED"
    assert berth["body"]["markdown"] == (
        "A berth is a ship's place at the [quay](/glossary/quay), kept free for it.\n"
        "How deep it has to be depends on the [tide](/glossary/tide)."
    )
    (section,) = berth["sections"]
    assert section["heading"] == "Why it has a number"
    assert "[pilot](/glossary/harbour-pilot)" in section["body"]["markdown"]
    assert section["body"]["markdown"].endswith("never was stays out of the way.")
    assert [link["target"]["title"] for link in berth["links"]["nodes"]] == [
        "Quay",
        "Tide",
        "Harbour Pilot",
    ]
    crane = (await harbour.data(PAGE, slug="crane"))["glossaryTerm"]
    assert "(/glossary/quay#why-there-is-one)" in crane["body"]["markdown"]
    assert "[not a link](/quay/)" in crane["sections"][0]["body"]["markdown"]
    rope = (await harbour.data(PAGE, slug="rope"))["glossaryTerm"]
    assert rope["body"]["markdown"] == (
        "A rope keeps a ship at its [bollard](/glossary/bollard#strength), "
        "never at its [knees](/glossary/bollard)."
    )


@IMPORTED
async def test_an_address_in_a_language_is_that_of_its_file(harbour: Importer) -> None:
    query = """query @view(locale: DE) {
      glossaryTerms(where: {locale: {eq: DE}}, orderBy: [path_ASC]) {
        nodes { path isOutdated translations { title } }
      }
    }"""
    nodes = (await harbour.data(query))["glossaryTerms"]["nodes"]
    assert [each["path"] for each in nodes] == [
        *("/glossary/berth", "/glossary/pilots", "/glossary/quay")
    ]
    assert {each["isOutdated"] for each in nodes} == {False}
    assert {other["title"] for other in nodes[1]["translations"]} >= {"Harbour Pilot"}


@IMPORTED
async def test_the_history_is_real(harbour: Importer) -> None:
    byline = select(Publication.entry_id, Publication.title).subquery("byline")
    async with harbour.database.reading() as session:
        rows = await session.execute(
            select(Revision.created_at, Revision.author_id, byline.c.title, Revision.note)
            .join(byline, byline.c.entry_id == Revision.byline_id)
            .join(Edition, Edition.id == Revision.edition_id)
            .where(Revision.slug == "berth", Edition.locale == "en")
            .order_by(Revision.number)
        )
        assert [(f"{at:%Y-%m-%d %H:%M}", *others) for at, *others in rows] == [
            ("2021-03-01 09:00", None, "hand-one", "The first words"),
            ("2021-05-04 08:30", None, "hand-one", FOLLOWS),
            ("2022-02-03 09:00", None, "hand-one", FOLLOWS),
            ("2023-07-01 09:00", None, "hand-one", "Say which pilot"),
        ]
        backwards = select(Publication.id).where(Publication.ended_at < Publication.published_at)
        assert list(await session.scalars(backwards)) == []


@IMPORTED
async def test_a_second_import_changes_nothing(harbour: Importer) -> None:
    before = await everything(harbour.database)
    report = await harbour.run()
    assert sum(report.made.values()) == 0
    assert len(report.of_kind(FaultKind.LOST_LINK, FaultKind.LOST_ANCHOR)) == 5
    assert await everything(harbour.database) == before


async def test_a_rehearsal_says_the_same_and_changes_nothing(harbour: Importer) -> None:
    before = await everything(harbour.database)
    rehearsed = await harbour.rehearse()
    assert await everything(harbour.database) == before
    report = await harbour.run()
    assert rehearsed.made == report.made
    assert rehearsed.faults == report.faults
    assert (rehearsed.is_done, report.is_done) == (False, True)


@IMPORTED
async def test_a_file_that_has_changed_is_one_more_revision(harbour: Importer) -> None:
    harbour.replace("en/tide.md", "twice a day", "about twice a day")
    report = await harbour.run()
    assert +report.made == {"revisions": 1, "publications": 1}
    tide = (await harbour.data(PAGE, slug="tide"))["glossaryTerm"]
    assert "about twice" in tide["body"]["markdown"]


@IMPORTED
async def test_what_somebody_has_changed_here_is_left_alone(harbour: Importer) -> None:
    async with harbour.newsroom.as_(harbour.newsroom.second_author) as work:
        edition = await work.session.scalar(
            select(Edition)
            .join(Revision, Revision.id == Edition.head_id)
            .where(Revision.slug == "tide")
        )
        assert edition is not None
        await update_entry(
            work,
            edition.entry_id,
            Changes(title="Tides"),
            base_revision=str(edition.head_id),
        )
    before = await everything(harbour.database)
    harbour.replace("en/tide.md", "twice a day", "about twice a day")
    report = await harbour.run()
    assert +report.made == {}
    message = "en/tide.md: not imported: the file and its page here have both changed"
    assert ("kept", message) in told(harbour, report)
    assert await everything(harbour.database) == before


async def test_without_a_publisher_everything_is_a_draft(harbour: Importer) -> None:
    await harbour.run(None)
    assert (await harbour.data(AS_OF))["glossaryTerms"]["nodes"] == []
    report = await harbour.run()
    assert report.made["publications"] == 10
    assert report.made["entries"] == 0
    berth = (await harbour.data(PAGE, slug="berth"))["glossaryTerm"]
    assert "[quay](/glossary/quay)" in berth["body"]["markdown"]


async def test_unresolved_links_can_lead_to_the_old_site(harbour: Importer) -> None:
    external = replace(harbour, mapping=replace(harbour.mapping, unresolved="external"))
    await external.run()
    berth = (await harbour.data(PAGE, slug="berth"))["glossaryTerm"]
    assert "[never was](https://harbour.example/customs-house/)" in str(berth["sections"])


FAULTS = pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        ("en/tide.md", "category: Property", "category: {a: b}", "en/tide.md:4: category must"),
        ("en/tide.md", "status: Completed", "status: Whatever", "en/tide.md:3: expected one of"),
        ("en/tide.md", "category: Property", "category: *x", "en/tide.md:4: found undefined alias"),
        ("de/quay.md", "title: Kai", "title: [", "de/quay.md:4: "),
    ],
)


@FAULTS
async def test_a_file_with_a_fault_is_refused_and_the_others_come(
    harbour: Importer, path: str, old: str, new: str, message: str
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    harbour.replace(path, old, new)
    report = await harbour.run()
    (fault,) = report.of_kind(FaultKind.REFUSED)
    assert str(fault).startswith(f"{harbour.folder}/{message}")
    assert not report.is_complete
    assert (report.files, report.made["editions"]) == (11, 11)
    assert (await harbour.data(PAGE, slug="berth"))["glossaryTerm"] is not None
    harbour.replace(path, new, old)
    again = await harbour.run()
    assert again.of_kind(FaultKind.REFUSED) == []
    assert again.made["editions"] == 1


@FAULTS
async def test_a_strict_import_refuses_all_for_a_fault(
    harbour: Importer, path: str, old: str, new: str, message: str
) -> None:
    harbour.replace(path, old, new)
    before = await everything(harbour.database)
    report = await harbour.run(is_strict=True)
    assert not report.is_done
    assert f"{harbour.folder}/{message}" in str(report.of_kind(FaultKind.REFUSED)[0])
    assert await everything(harbour.database) == before
    harbour.replace(path, new, old)
    assert (await harbour.run(is_strict=True)).is_done


async def test_two_files_cannot_be_the_same_page(harbour: Importer) -> None:
    harbour.write("de/harbour-pilot.md", (harbour.folder / "de/pilots.md").read_text())
    report = await harbour.run()
    (fault,) = report.of_kind(FaultKind.REFUSED)
    assert "another file already is the page 'harbour-pilot' in 'de'" in fault.message


async def test_what_is_linked_from_elsewhere_is_not_read(harbour: Importer, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\ntitle: Secret\n---\n\nNot for you.\n")
    (harbour.folder / "en" / "secret.md").symlink_to(secret)
    (harbour.folder / "outside").symlink_to(tmp_path, target_is_directory=True)
    report = await harbour.run()
    refused = {each.file.name: each.message for each in report.of_kind(FaultKind.REFUSED)}
    message = f"points outside {harbour.folder}; move the file into it"
    assert refused == {"secret.md": message, "outside": message}
    assert report.made["publications"] > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "../../etc/passwd.md"}, "is outside the folder"),
        ({"path": "/etc/passwd.md"}, "is outside the folder"),
        ({"at": "2021-03-01T10:00:00"}, "has no time zone"),
        ({"at": "yesterday"}, "not a valid line of a history"),
        ({"text": 5}, "text must be a string"),
        ({"author": None}, "author: None is not a name"),
        ({"author": "♥"}, "'♥' is not a name"),
    ],
)
async def test_a_fault_in_the_history_names_its_line(
    harbour: Importer, changes: dict[str, object], message: str
) -> None:
    file = harbour.folder / "history.jsonl"
    first, *others = file.read_text().splitlines()
    file.write_text("\n".join([first, json.dumps(json.loads(others[0]) | changes), *others[1:]]))
    with pytest.raises(ContentFileError, match=message) as fault:
        await harbour.run()
    assert "history.jsonl:2: " in str(fault.value)


async def test_a_history_outside_is_not_read(harbour: Importer, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text("")
    harbour.mapping = replace(harbour.mapping, history="../other.jsonl")
    with pytest.raises(ContentFileError, match="points outside"):
        await harbour.run()


@pytest.mark.parametrize(
    ("byline", "message"),
    [
        ("nobody@example.org", "there is no account 'nobody@example.org'"),
        ("nobody", "there is no person 'nobody'"),
        ("desk@example.org", "the account 'desk@example.org' has no byline"),
    ],
)
async def test_a_byline_in_the_mapping_has_to_exist(
    harbour: Importer, byline: str, message: str
) -> None:
    await harbour.newsroom.person("desk", byline=False)
    harbour.mapping = replace(harbour.mapping, authors={"hand-two": byline})
    before = await everything(harbour.database)
    with pytest.raises(ContentFileError, match=rf"pilot\.md:1: .*{message}"):
        await harbour.run()
    assert await everything(harbour.database) == before


@pytest.mark.parametrize("byline", ["ada.author@example.org", "ada-author"])
async def test_the_mapping_names_bylines_by_account_or_person(
    harbour: Importer, byline: str
) -> None:
    harbour.mapping = replace(harbour.mapping, authors={"hand-two": byline})
    report = await harbour.run()
    assert report.made["authors"] == 2
    terms = {each["title"]: each for each in (await harbour.data(AS_OF))["glossaryTerms"]["nodes"]}
    assert terms["Pilot"]["revision"]["author"] == {"name": "Ada Author"}
    async with harbour.database.reading() as session:
        assert await session.scalar(select(func.count(Revision.author_id))) == 0


async def everything(database: Database) -> Sequence[Sequence[object]]:
    """Return what tells one state of a database from another."""
    async with database.reading() as session:
        kept: list[Sequence[object]] = [
            list(await session.scalars(select(table.id).order_by(table.id)))
            for table in (Account, CategoryPlace, Edition, Entry, Publication, Revision)
        ]
        heads = list(await session.scalars(select(Edition.head_id).order_by(Edition.id)))
        ends = list(await session.scalars(select(Publication.ended_at).order_by(Publication.id)))
        counters = list(await session.scalars(select(Counter.value).order_by(Counter.name)))
        records = list(await session.scalars(select(func.count()).select_from(AuditRecord)))
    return [*kept, heads, ends, counters, records]
