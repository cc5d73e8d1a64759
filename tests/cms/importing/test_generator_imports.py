"""Small sites of each generator are imported with their redirects, in one pass."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from cms.content.addresses import path_key
from cms.importing.markdown import ImportOptions, import_markdown, rehearse_import
from cms.importing.report import ImportReport
from cms.importing.session import Provenance
from cms.importing.site.faults import FaultKind
from cms.importing.site.mapping import read_mapping
from cms.storage.database import Database
from cms.tables import Edition, Publication, Revision
from tests.builders import Newsroom
from tests.cms.importing.test_generators import GENERATORS, SITE, SITES, read
from tests.cms.importing.test_markdown import everything
from tests.graphql_api.conftest import api_of

ROUTE = """query Route($path: String!) { route(path: $path) {
  __typename ... on RedirectRoute { entry { id } } ... on PageRoute { entry { id } }
} }"""
OPTIONS = ImportOptions(provenance=Provenance(source="The old site"), batch=4)


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    """An empty site for pages of generators."""
    return Newsroom(database, SITE)


@pytest.mark.parametrize("generator", GENERATORS)
async def test_a_site_is_imported_in_one_pass_and_a_second_changes_nothing(
    newsroom: Newsroom, generator: str, tmp_path: Path
) -> None:
    folder, mapping = tmp_path / "site", read_mapping(SITES / generator / "mapping.yaml")
    shutil.copytree(SITES / generator / "site", folder)
    rehearsed = await rehearse_import(newsroom.desk, folder, mapping, OPTIONS)
    report = await import_markdown(newsroom.desk, folder, mapping, OPTIONS)
    assert (rehearsed.made, told(rehearsed)) == (report.made, told(report))
    assert report.of_kind(FaultKind.KEPT) == []
    await check_pages(newsroom, generator, report)
    before = await everything(newsroom.database)
    again = await import_markdown(newsroom.desk, folder, mapping, OPTIONS)
    assert +again.made == Counter()
    assert again.faults == report.faults
    assert await everything(newsroom.database) == before


def told(report: ImportReport) -> list[str]:
    """Return the faults of a report without ids, which are new in each import."""
    return [re.sub(r"entry_\w+", "", str(each)) for each in report.faults]


async def check_pages(newsroom: Newsroom, generator: str, report: ImportReport) -> None:
    """Check that each page has one revision, and that its former addresses answer."""
    async with newsroom.database.reading() as session:
        rows: Any = await session.execute(
            select(Edition.locale, Revision.slug, Revision.number)
            .join(Edition, Edition.id == Revision.edition_id)
            .where(Edition.content_type == "Page")
        )
        revisions = {(locale, slug): number for locale, slug, number in rows}
        public = {
            (locale, slug)
            for locale, slug in await session.execute(
                select(Publication.locale, Publication.slug).where(
                    Publication.content_type == "Page"
                )
            )
        }
    assert set(revisions.values()) == {1}
    assert len(revisions) == report.made["editions"] == report.editions
    held_back = {
        each.file.relative_to(report.folder).as_posix() for each in report.of_kind(FaultKind.DRAFT)
    }
    texts = [
        text
        for path, text in read(generator).texts.items()
        if path not in held_back and not text.hidden
    ]
    assert public == {(text.key[0], text.draft.slug) for text in texts}
    api = api_of(newsroom.site, newsroom)
    for text in texts:
        for path in text.former_addresses:
            if path_key(path) != "/":
                found = (await api.data(ROUTE, path=path))["route"]
                assert found is not None, orjson.dumps([path, text.name])
