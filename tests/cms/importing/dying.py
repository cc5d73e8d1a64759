"""A process that is killed in the middle of an import, at one of its statements."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from cms.importing.markdown import ImportOptions, import_markdown
from cms.importing.report import ImportReport
from cms.importing.session import Provenance
from cms.importing.site.mapping import read_mapping
from cms.storage.database import Database
from tests.builders import Newsroom
from tests.cms.importing.sites import SITE

SOURCE = Provenance(source="https://harbour.example")


@dataclass(frozen=True)
class Import:
    """An import of a folder.

    Attributes:
        url: URL of the database.
        signing_key: file of the site's key.
        folder: the folder, with its mapping.
        batch: the most drafts of one transaction.
        with_history: whether its history is imported too.
    """

    url: str
    signing_key: Path
    folder: Path
    batch: int = 3
    with_history: bool = False

    async def run(self, database: Database) -> ImportReport:
        """Import the folder."""
        mapping = read_mapping(self.folder / "mapping.yaml")
        if not self.with_history:
            mapping = replace(mapping, history="")
        options = ImportOptions(provenance=SOURCE, batch=self.batch)
        return await import_markdown(Newsroom(database, SITE).desk, self.folder, mapping, options)


def import_until(statement: int, chosen: Import) -> None:
    """Import, and kill the process before a statement."""
    asyncio.run(_run(statement, chosen))


async def _run(statement: int, chosen: Import) -> None:
    database = Database(chosen.url, signing_key=chosen.signing_key)
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    await chosen.run(database)
    await database.close()
