"""Folders to import, and the delivery API over what has become of them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema

from cms.importing.markdown import ImportOptions, import_markdown, rehearse_import
from cms.importing.report import ImportReport
from cms.importing.session import Provenance
from cms.importing.site.mapping import MarkdownMapping, read_mapping
from cms.storage.database import Database
from cms.work.work import Desk
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom
from tests.cms.importing.sites import SITE
from tests.conftest import begins_with
from tests.schemas import delivery_schema_of

CORPUS = Path(__file__).parents[2] / "corpus"
HARBOUR = CORPUS / "harbour"

PUBLIC = Provenance(source="https://harbour.example")

# The real glossary is read only where somebody has it: the folder that holds cncf-glossary.
CORPORA = os.environ.get("COPYDESK_CORPORA", "")


@dataclass
class Importer:
    """A folder, and a site that it can be imported into.

    Attributes:
        newsroom: the people of the site, and its database.
        schema: the site's delivery schema.
        folder: the files.
        mapping: how they become entries.
    """

    newsroom: Newsroom
    schema: GraphQLSchema
    folder: Path
    mapping: MarkdownMapping

    @property
    def database(self) -> Database:
        """Where the content goes."""
        return self.newsroom.database

    async def run(self, provenance: Provenance | None = PUBLIC, **options: Any) -> ImportReport:
        """Import the folder and publish it as imported, or only as drafts."""
        chosen = ImportOptions(provenance=provenance, **options)
        return await import_markdown(self.desk, self.folder, self.mapping, chosen)

    async def rehearse(
        self, provenance: Provenance | None = PUBLIC, **options: Any
    ) -> ImportReport:
        """Say what an import would do."""
        chosen = ImportOptions(provenance=provenance, **options)
        return await rehearse_import(self.desk, self.folder, self.mapping, chosen)

    @property
    def desk(self) -> Desk:
        """The site with its database."""
        return self.newsroom.desk

    async def data(self, query: str, /, **variables: Any) -> Any:
        """Return what the delivery API answers."""
        delivery = Delivery(SITE, self.schema, self.database.reader)
        result = await delivery.answer(GraphQLRequest(query, None, variables))
        answer = orjson.loads(result.body)
        assert "errors" not in answer, answer
        return answer["data"]

    def write(self, path: str, text: str) -> None:
        """Put a file into the folder."""
        (self.folder / path).write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change some words of a file."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))


async def imported_harbour(newsroom: Newsroom) -> ImportReport:
    """Import the words of a harbour, as ``harbour.run()`` does."""
    mapping = read_mapping(HARBOUR / "mapping.yaml")
    options = ImportOptions(provenance=PUBLIC)
    return await import_markdown(newsroom.at(SITE).desk, HARBOUR, mapping, options)


IMPORTED = begins_with(imported_harbour)


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    """The delivery schema of the glossary."""
    return delivery_schema_of(SITE)


@pytest.fixture
def glossary(newsroom: Newsroom) -> Newsroom:
    """An empty glossary, with people who can do things in it."""
    return newsroom.at(SITE)


@pytest.fixture
def harbour(glossary: Newsroom, schema: GraphQLSchema, tmp_path: Path) -> Importer:
    """The words of a harbour: a copy, so that tests can change it."""
    folder = tmp_path / "harbour"
    shutil.copytree(HARBOUR, folder)
    return Importer(glossary, schema, folder, read_mapping(folder / "mapping.yaml"))


@pytest.fixture
def cloud(glossary: Newsroom, schema: GraphQLSchema) -> Importer:
    """The Cloud Native Glossary."""
    mapping = read_mapping(CORPUS / "cncf-glossary.yaml")
    return Importer(glossary, schema, Path(CORPORA) / "cncf-glossary", mapping)
