"""The command ``copydesk graph export``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import click

from cms.authorization.actor import OPERATOR
from cms.cli.group import open_copydesk
from cms.cli.progress import progress_bar
from cms.errors import SettingsError
from cms.links.asking import GraphReading
from cms.links.exporting.asked import AskedExport, ready_export
from cms.links.exporting.exporting import Rows
from cms.links.exporting.further_metrics import STEPS, further_columns
from cms.links.exporting.rows import NodeColumn
from cms.links.exporting.table import Row, Schema
from cms.links.metrics import PageGraph
from cms.reading.view import EVERYTHING, Perspective, View, view_of
from cms.settings import load_settings
from cms.site import Site
from cms.storage.database import lift_time_limit

_STDOUT = "-"


@click.command("export")
@click.argument("form", metavar="FORMAT")
@click.option("--output", default=_STDOUT, metavar="FILE", help="By default, standard output.")
@click.option("--part", metavar="PART", help="Only the nodes or the edges, of csv and parquet.")
@click.option("--locale", metavar="LOCALE", help="By default, the first one of the site.")
@click.option("--draft", is_flag=True, help="The newest drafts instead of what is public.")
@click.option("--as-of", metavar="TIME", help="What was public at a time.")
@click.option("--position", metavar="N", help="What was public at a position.")
@click.option("--from", "begun", metavar="MOMENT", help="The changes since a time or a position.")
@click.option("--to", "ended", metavar="MOMENT", help="With --from: up to a time or a position.")
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="LAYER",
    help="content (by default), navigation or taxonomy; can be repeated.",
)
@click.option("--kind", "kinds", multiple=True, help="Only links of this kind; can be repeated.")
@click.option(
    "--metrics",
    is_flag=True,
    help="Also betweenness, HITS, closeness, core numbers and articulation points.",
)
def export_(*, output: str, draft: bool, metrics: bool, **asked: Any) -> None:
    """Write the link graph as FORMAT: graphml, gexf, csv, json, dot or parquet.

    Nodes are pages, with metrics; edges are the links between them. csv and parquet are ZIP
    archives of a table of nodes and one of edges. With --from, nodes and edges have a status:
    added, removed or kept. A MOMENT is a time such as 2026-03-01T12:00:00Z, a day such as
    2026-03-01 (its start in UTC), or a position such as 22. docs/graph.md describes the columns.
    """
    if output == _STDOUT and sys.stdout.isatty() and asked["form"] in {"csv", "parquet"}:
        raise click.UsageError("this is no text for a terminal; add --output FILE")
    asyncio.run(_export(AskedExport(**asked), _Options(output, draft, metrics)))


@dataclass(frozen=True)
class _Options:
    """The options that only the shell has."""

    output: str
    is_draft: bool
    has_metrics: bool


async def _export(asked: AskedExport, options: _Options) -> None:
    async with open_copydesk(load_settings()) as copydesk, copydesk.reading(OPERATOR) as reading:
        ready = ready_export(copydesk.site, asked)
        await lift_time_limit(reading.session)
        asking = GraphReading(reading, _view(copydesk.site, ready.locale, options))
        rows = await ready.rows(asking, _with_progress if options.has_metrics else None)
        with _opened(options.output) as file, progress_bar("Nodes and edges", rows.size) as seen:
            async for some in ready.write(_Watched(rows, seen)):
                file.write(some)


def _view(site: Site, locale: str, options: _Options) -> View:
    view = view_of(site, locale)
    if options.is_draft:
        view = replace(view, perspective=Perspective.DRAFT, scopes=EVERYTHING)
    return view


def _with_progress(pages: PageGraph) -> list[NodeColumn]:
    with progress_bar("Metrics", STEPS) as seen:
        return further_columns(pages, seen)


@dataclass(frozen=True)
class _Watched:
    """Rows that tell how many of them were read."""

    rows: Rows
    seen: Callable[[int], None]

    @property
    def schema(self) -> Schema:
        return self.rows.schema

    @property
    def size(self) -> int:
        return self.rows.size

    async def nodes(self) -> AsyncIterator[list[Row]]:
        async for part in self.rows.nodes():
            self.seen(len(part))
            yield list(part)

    async def edges(self) -> AsyncIterator[list[Row]]:
        async for part in self.rows.edges():
            self.seen(len(part))
            yield list(part)


@contextmanager
def _opened(output: str) -> Iterator[IO[bytes]]:
    """Give the file to write to, which is there only when it is complete."""
    if output == _STDOUT:
        yield sys.stdout.buffer
        return
    unfinished = Path(f"{output}.part")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(output)
    except OSError as error:
        raise SettingsError(f"{output} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
