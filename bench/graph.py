"""Measures the link graph of a large site: ``python -m bench.graph``.

The site is one of ``bench.growth``, with ten links an entry. Each part runs in a process of its
own, which reads ``/proc``, so it runs on Linux only. Seconds are of the processor where it is said.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import select

from bench.growth import url_of
from bench.growth_site import site
from cms.access.accounts import create_account, find_account, grant_role, load_actor
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.clock import now
from cms.content.canonical_json import JsonObject
from cms.content.snapshot import Draft
from cms.copydesk import Copydesk
from cms.drafts.entries import create_entry
from cms.publishing.publishing import break_glass_publish
from cms.reading.periods import is_public_now
from cms.reading.view import view_of
from cms.settings import Settings
from cms.storage.dialects import as_text
from cms.tables import Publication
from graphql_api.execution import execute

_MEBIBYTE = 1024
_ROUNDS = 15
_PUBLICATIONS = 40
_ADMINISTRATOR = "bench@example.org"
# Seconds in which the task loads the graph, so that it computes while pages are published.
_TASK_STARTS = 5.0


@click.group()
def main() -> None:
    """Measure the link graph of a site that bench.growth has made."""


@main.command("all")
@click.option("--entries", type=int, default=100_000, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("growth"))
def measure_all(entries: int, database: tuple[str, ...], folder: Path) -> None:
    """Measure everything, each part in a process of its own."""
    for kind in database or ("sqlite", "postgresql"):
        click.echo(f"\n{kind}, {entries:,} entries")
        url = asyncio.run(url_of(kind, folder, entries))
        for part in _PARTS:
            subprocess.run(  # noqa: S603  # ourselves
                [sys.executable, "-m", "bench.graph", "part", part, url, str(folder)], check=True
            )


@main.command("part", hidden=True)
@click.argument("part")
@click.argument("url")
@click.argument("folder", type=click.Path(path_type=Path))
def measure_part(part: str, url: str, folder: Path) -> None:
    """Measure one part."""
    asyncio.run(_with_site(_PARTS[part], url, folder))


async def _with_site(
    measure: Callable[[Copydesk], Awaitable[None]], url: str, folder: Path
) -> None:
    settings = Settings(database_url=url, signing_key=folder / "signing.key")
    async with Copydesk(site, settings) as copydesk:
        binding = await copydesk.load_types()
        if binding.known is not None:  # bench.growth does not compare the types
            copydesk.types = binding.known.number
        await measure(copydesk)


def _memory(name: str) -> float:
    """Return a value of the process's memory in MiB: ``VmRSS`` or, the most so far, ``VmHWM``."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / _MEBIBYTE
    raise LookupError(name)


async def _load(copydesk: Copydesk) -> None:
    """Measure the public graph as a server has it, after a first question of another kind."""
    from cms.links.asking import LinkGraphs  # noqa: PLC0415  # as a server loads it

    view = view_of(copydesk.site)
    await execute(copydesk, "{ position }")
    graphs = LinkGraphs()
    before, began, processor = _memory("VmRSS"), time.perf_counter(), time.process_time()
    async with copydesk.reading(OPERATOR) as reading:
        graph = await graphs.graph(reading, view)
    seconds, used = time.perf_counter() - began, time.process_time() - processor
    more = _memory("VmRSS") - before
    click.echo(f"  load: {len(graph):,} nodes, {len(graph.sources):,} edges")
    click.echo(f"  load: {seconds:.1f} s ({used:.1f} s of the processor), {more:.0f} MiB more")


async def _metrics(copydesk: Copydesk) -> None:
    """Measure a run of the metrics, as the task makes it."""
    from cms.links.refreshing import refresh_metrics  # noqa: PLC0415  # as the task loads it

    began, processor = time.perf_counter(), time.process_time()
    runs = await refresh_metrics(copydesk.database, copydesk.site)
    seconds, used = time.perf_counter() - began, time.process_time() - processor
    pages = sum(each.pages for each in runs)
    click.echo(
        f"  metrics: {pages:,} pages in {len(runs)} locales, {seconds:.1f} s "
        f"({used:.1f} s of the processor), {_memory('VmHWM'):,.0f} MiB at most"
    )


async def _questions(copydesk: Copydesk) -> None:
    """Measure questions over the public graph: each many times, of different pages."""
    async with copydesk.reading(OPERATOR) as reading:
        public = select(Publication.entry_id).where(
            is_public_now(Publication), Publication.locale == site.default_locale
        )
        ids = list(await reading.session.scalars(public))
        times = select(Publication.published_at).order_by(Publication.published_at.desc())
        recent = await reading.session.scalar(times.offset(_PUBLICATIONS).limit(1))
    chosen = random.Random(1)  # noqa: S311  # the same pages each time
    await execute(copydesk, "{ linkGraph { nodes } }")
    for name, query in _QUESTIONS.items():
        seconds, used = list[float](), list[float]()
        for _ in range(_ROUNDS):
            variables = {"a": chosen.choice(ids), "b": chosen.choice(ids)}
            if recent is not None:
                variables |= {"since": as_text(recent), "now": as_text(now())}
            began, processor = time.perf_counter(), time.process_time()
            answer = await execute(copydesk, query, variables)
            seconds.append(time.perf_counter() - began)
            used.append(time.process_time() - processor)
            if "errors" in answer:
                raise click.ClickException(f"{name}: {answer['errors']}")
        median, processor = statistics.median(seconds), statistics.median(used)
        click.echo(
            f"  {name}: {median * 1000:.0f} ms at the median "
            f"({processor * 1000:.0f} ms of the processor)"
        )


_QUESTIONS = {
    "neighbourhood to depth 2": "query($a: ID!) { linkNeighborhood(of: $a, depth: 2) {"
    " nodes { entry { id } distance } edges { sourceId targetId } } }",
    "shortest path": "query($a: ID!, $b: ID!) {"
    " linkPaths(from: $a, to: $b, pathMode: ALL_SHORTEST) { paths { entries { id } } } }",
    "orphans": "{ linkOrphans(first: 20) { totalCount nodes { entry { id } } } }",
    "changes between two dates": "query($since: DateTime!, $now: DateTime!) { linkGraphDiff("
    "from: {asOf: $since}, to: {asOf: $now}, first: 20) { addedLinks linkChanges { change } } }",
    "filter by metric": "{ terms(where: {linkMetrics: {inDegree: {lt: 2}}}, first: 20,"
    " orderBy: [pageRank_DESC]) { nodes { id linkMetrics { inDegree } } } }",
}


async def _publications(copydesk: Copydesk) -> None:
    """Measure publications, without and with the task that refreshes the metrics beside them."""
    alone = await _publish(copydesk)
    environment = {
        "COPYDESK_SITE": "bench.growth_site:site",
        "COPYDESK_DATABASE_URL": copydesk.settings.database_url,
        "COPYDESK_SIGNING_KEY": str(copydesk.settings.signing_key),
    }
    task = subprocess.Popen(  # noqa: ASYNC220  # it runs beside
        [sys.executable, "-m", "graphql_api", "graph", "follow"], env={**os.environ, **environment}
    )
    try:
        await asyncio.sleep(_TASK_STARTS)
        beside = await _publish(copydesk)
    finally:
        task.terminate()
        task.wait()
    click.echo(
        f"  publications a second: {alone:.1f} alone, {beside:.1f} with the task beside "
        f"({beside / alone:.0%})"
    )


async def _publish(copydesk: Copydesk) -> float:
    """Return how many new pages are published a second, each by itself."""
    public = select(Publication.entry_id).where(
        is_public_now(Publication), Publication.locale == site.default_locale
    )
    async with copydesk.reading(OPERATOR) as reading:
        linked = list(await reading.session.scalars(public.limit(_PUBLICATIONS)))
    actor, drafts = await _administrator(copydesk), dict[str, str]()
    for number, target in enumerate(linked):
        fields: JsonObject = {"body": "Words.", "related": [{"href": target}]}
        title = f"Measured {time.time_ns()} {number}"
        async with copydesk.work(actor) as work:
            made = await create_entry(work, "Term", Draft(title=title, fields=fields))
            drafts[made.entry_id] = made.revision.id
    began = time.perf_counter()
    for entry_id, revision_id in drafts.items():
        async with copydesk.work(actor) as work:
            await break_glass_publish(
                work, entry_id, revision_id=revision_id, reason="To measure it."
            )
    return len(drafts) / (time.perf_counter() - began)


async def _administrator(copydesk: Copydesk) -> Actor:
    """Return an administrator, who can publish without sign-offs."""
    async with copydesk.work(OPERATOR) as work:
        account = await find_account(work.session, _ADMINISTRATOR)
        if account is None:
            account = await create_account(work, _ADMINISTRATOR)
            await grant_role(work, account.id, Grant(role="administrator"))
        return await load_actor(work.session, account.id)


async def _networkx(copydesk: Copydesk) -> None:
    """Measure networkx on the same graph, for the metrics that both have."""
    import networkx as nx  # noqa: PLC0415  # after the rest
    import numpy as np  # noqa: PLC0415

    from cms.links.loading import load_graph  # noqa: PLC0415
    from cms.links.metrics import click_depths, page_rank_of, pages_of  # noqa: PLC0415

    async with copydesk.reading(OPERATOR) as reading:
        graph = await load_graph(reading.session, reading.site, view_of(site))
    # The site has no navigation, so both begin at one page.
    pages = replace(pages_of(graph.only()), roots=np.zeros(1, dtype=np.int32))
    own = _processor(lambda: (page_rank_of(pages), click_depths(pages)))
    theirs: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    theirs.add_nodes_from(range(len(pages)))
    pairs = zip(pages.sources.tolist(), pages.targets.tolist(), strict=True)
    building = _processor(lambda: theirs.add_edges_from(pairs))
    roots = pages.roots.tolist()
    asked = _processor(
        lambda: (nx.pagerank(theirs), nx.multi_source_dijkstra_path_length(theirs, {*roots}))
    )
    click.echo(
        f"  PageRank and click depth: {own:.2f} s of the processor; networkx {asked:.1f} s, after "
        f"{building:.1f} s to build its graph ({(asked + building) / own:.0f} times as long)"
    )


def _processor(work: Callable[[], object]) -> float:
    """Return the processor time of some work, in seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


async def _export(copydesk: Copydesk) -> None:
    """Measure exports: the time of the processor, the size, and the memory beyond the graph."""
    from cms.links.asking import GraphReading  # noqa: PLC0415
    from cms.links.exporting.asked import AskedExport, ready_export  # noqa: PLC0415

    async with copydesk.reading(OPERATOR) as reading:
        asking = GraphReading(reading, view_of(copydesk.site))
        await asking.graph()
        for form in ("json", "graphml", "parquet"):
            ready = ready_export(copydesk.site, AskedExport(form=form))
            before, began, size = _memory("VmRSS"), time.process_time(), 0
            async for chunk in ready.write(await ready.rows(asking)):
                size += len(chunk)
            used, more = time.process_time() - began, _memory("VmRSS") - before
            click.echo(
                f"  export as {form}: {used:.1f} s of the processor, "
                f"{size / 1024**2:.0f} MiB, {more:.0f} MiB of memory more"
            )


_PARTS: Mapping[str, Callable[[Copydesk], Awaitable[None]]] = {
    "load": _load,
    "publications": _publications,
    "metrics": _metrics,
    "questions": _questions,
    "export": _export,
    "networkx": _networkx,
}

if __name__ == "__main__":
    main()
