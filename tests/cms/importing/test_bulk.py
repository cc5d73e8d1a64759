"""Imports of many files: each step is one command for all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.authorization.actor import OPERATOR
from cms.drafts.entries import archive_entry
from cms.importing.session import Provenance
from cms.importing.site.faults import FaultKind
from cms.tables import Edition, Revision
from tests.cms.importing.conftest import Importer
from tests.cms.importing.test_markdown import everything
from tests.statements import counted


def write_site(importer: Importer, folder: Path, number: int) -> None:
    """Make the importer's folder one of pages in two languages, some of which link to the next."""
    importer.folder = folder
    for locale, prefix in (("en", ""), ("de", "/de")):
        (folder / locale).mkdir(parents=True)
        for each in range(number):
            link = f" See [the next]({prefix}/page-{number}-{each + 1}/)." if each % 3 else ""
            text = f"---\ntitle: Page {locale} {each}\ncategory: Property\n---\n\nWords.{link}\n"
            importer.write(f"{locale}/page-{number}-{each}.md", text)


@pytest.mark.parametrize("is_public", [True, False], ids=["public", "drafts"])
async def test_the_statements_are_as_many_for_many_files_as_for_few(
    harbour: Importer, tmp_path: Path, is_public: bool
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    seen: dict[tuple[int, str], list[str]] = {}
    for number in (11, 12, 24):  # the first makes the category, and publishes it
        write_site(harbour, tmp_path / f"site-{number}", number)
        provenance = Provenance(source=f"Site {number}") if is_public else None
        for run in ("first", "again", "edited"):
            if run == "edited":
                for each in range(number):
                    harbour.replace(f"en/page-{number}-{each}.md", "Words.", "Other words.")
            with counted(harbour.database) as statements:
                report = await harbour.run(provenance, source=f"Site {number}")
            assert report.files == 2 * number
            assert report.made["revisions"] >= {"first": 2, "again": 0, "edited": 1}[run] * number
            seen[number, run] = statements
    for run in ("first", "again", "edited"):
        few, many = seen[12, run], seen[24, run]
        assert len(many) == len(few), [each for each in many if each not in few]


async def test_a_second_run_only_reads(harbour: Importer, tmp_path: Path) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 3)
    await harbour.run()
    with counted(harbour.database) as statements:
        await harbour.run()
    words = {each.split()[0].upper() for each in statements}
    assert not words & {"INSERT", "UPDATE", "DELETE"}


@pytest.mark.parametrize("batch", [1, 2, 200])
async def test_pages_that_link_to_each_other_need_one_revision(
    harbour: Importer, tmp_path: Path, batch: int
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 3)
    harbour.replace("en/page-3-0.md", "Words.", "See [the last](/page-3-2/).")
    harbour.replace("en/page-3-2.md", "Words.", "Back to [the first](/page-3-0/).")
    await harbour.run(batch=batch)
    for each, target in (
        ("page-3-0", "page-3-2"),
        ("page-3-1", "page-3-2"),
        ("page-3-2", "page-3-0"),
    ):
        assert await history_of(harbour, each, "en") == [
            (f"Page en {each[-1]}", f"Imported from {each}.md.", None)
        ]
        assert await links_of(harbour, each) == [await entry_of(harbour, target)]


@pytest.mark.parametrize("batch", [1, 200])
async def test_a_translation_has_its_own_words_from_the_start(
    harbour: Importer, tmp_path: Path, batch: int
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 3)
    await harbour.run(None, batch=batch)
    for each in ("page-3-0", "page-3-2"):
        assert await history_of(harbour, each, "de") == [
            (f"Page de {each[-1]}", f"Imported from {each}.md.", ("en", 1))
        ]


@pytest.mark.parametrize("batch", [2, 200])
async def test_a_page_that_is_refused_does_not_hold_the_others_back(
    harbour: Importer, tmp_path: Path, batch: int
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 5)
    await harbour.run(None)
    archived = await entry_of(harbour, "page-5-3")
    await harbour.newsroom.do(OPERATOR, archive_entry, archived)
    for each in range(5):
        harbour.replace(f"en/page-5-{each}.md", "Words.", "Other words.")
    report = await harbour.run(None, batch=batch)
    (fault,) = report.of_kind(FaultKind.REFUSED)
    message = f"en/page-5-3.md:1: {archived} is archived; unarchive it first"
    assert str(fault) == f"{harbour.folder}/{message}"
    assert report.made["revisions"] == 4
    before = await everything(harbour.database)
    strict = await harbour.run(None, is_strict=True)
    assert not strict.is_done
    assert await everything(harbour.database) == before


async def history_of(
    harbour: Importer, slug: str, locale: str
) -> list[tuple[str, str, tuple[str, int] | None]]:
    """Return title, note and source of each revision of an edition, the oldest first."""
    async with harbour.database.reading() as session:
        known = {
            each.id: (edition.locale, each.number)
            for each, edition in await session.execute(
                select(Revision, Edition).join(Edition, Edition.id == Revision.edition_id)
            )
        }
        rows = await session.scalars(
            select(Revision)
            .join(Edition, Edition.id == Revision.edition_id)
            .where(Revision.slug == slug, Edition.locale == locale)
            .order_by(Revision.number)
        )
        return [(each.title, each.note, known.get(str(each.translated_from))) for each in rows]


async def links_of(harbour: Importer, slug: str) -> list[str | None]:
    """Return the targets of the links of a page's newest revision in English."""
    async with harbour.database.reading() as session:
        content: Any = await session.scalar(
            select(Revision.content)
            .join(Edition, Edition.head_id == Revision.id)
            .where(Revision.slug == slug, Edition.locale == "en")
        )
    return [each["target"] for each in content["links"]]


async def entry_of(harbour: Importer, slug: str) -> str:
    """Return the id of a page."""
    async with harbour.database.reading() as session:
        return str(
            await session.scalar(
                select(Edition.entry_id)
                .join(Revision, Revision.id == Edition.head_id)
                .where(Revision.slug == slug, Edition.locale == "en")
            )
        )
