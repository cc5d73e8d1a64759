"""Runs of metrics: computed from one snapshot, written beside the current run, then made current.

Rows are written in short transactions with pauses, so that publishing never waits long for them,
and readers see a whole run or the one before. A run that is killed leaves rows that no reader sees
and that a later run deletes. Several processes can do this at once: the newest position wins.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from cms import clock
from cms.errors import DatabaseBusy, DatabaseUnavailable, VersionMismatch
from cms.ledger.progress import Watch, unwatched
from cms.links.graph import NONE, LinkGraph
from cms.links.loading import load_graph
from cms.links.metric_basis import metric_basis
from cms.links.summary import GraphSummary, MeasuredGraph, measure
from cms.reading import relations
from cms.reading.link_metrics import is_run_of, run_locales
from cms.reading.narrowing import narrowed
from cms.reading.positions import newest_position
from cms.reading.view import View, view_of
from cms.site import ALL_LINKS, Site
from cms.storage.database import Database, ReadSession, WriteSession
from cms.tables import LinkMetric, LinkMetricRun, TypeVersion
from cms.work.work import Desk

T = TypeVar("T")

_log = logging.getLogger("copydesk")

# Number of rows that are written, or deleted, in a transaction: a publication waits for one.
_BATCH = 200
# A run to which nothing was written for so long was killed.
_ABANDONED_AFTER = timedelta(minutes=2)
# The least seconds between two looks at the position.
_PAUSE = 1.0


@dataclass(frozen=True)
class MetricsRun:
    """A finished run of metrics.

    Attributes:
        locales: the locales of the view, the best first.
        link_set: the name of the set of links.
        position: the position that the metrics are true for.
        pages: the number of pages.
    """

    locales: tuple[str, ...]
    link_set: str
    position: int
    pages: int


async def follow_metrics(desk: Desk, watch: Watch = unwatched) -> None:
    """Refresh the metrics after publications, until cancelled.

    Publications during a run, and during the pause after it, which is as long, are in one next run.

    Raises:
        VersionMismatch: if the site is declared in another way by now, as by a newer process.
    """
    database, site = desk.database, desk.site
    is_first = True
    while True:
        began = time.monotonic()
        try:
            if not is_first:
                await _confirm_declaration(desk)
            await refresh_metrics(database, site, watch, replaces_others=is_first)
            is_first = False
        except (DatabaseBusy, DatabaseUnavailable) as error:
            _log.warning("metrics of links are not refreshed, and tried again: %s", error)
        await asyncio.sleep(max(_PAUSE, time.monotonic() - began))


async def _confirm_declaration(desk: Desk) -> None:
    """Check that no process with another declaration of the site computes metrics too.

    Otherwise both would replace the metrics of each other, again and again.
    """
    basis = select(LinkMetricRun.basis).where(LinkMetricRun.is_current).distinct()
    async with desk.database.reading() as session:
        types = await session.scalar(select(func.max(TypeVersion.number)))
        found = (await session.scalars(basis)).all()
    is_migrated = bool(desk.types) and types != desk.types
    if is_migrated or any(each != metric_basis(desk.site) for each in found):
        raise _mismatch()


def _mismatch() -> VersionMismatch:
    return VersionMismatch(
        "the site has changed since this process began, which computes metrics of links; "
        "start it again with the newest code"
    )


async def refresh_metrics(
    database: Database, site: Site, watch: Watch = unwatched, *, replaces_others: bool = True
) -> Sequence[MetricsRun]:
    """Compute the metrics of each locale and set of links that are no longer true.

    Those are true that are of the newest position, and of what the site declares.

    Args:
        database: the database.
        site: the site's declaration.
        watch: gives the functions that show the progress.
        replaces_others: whether metrics of another declaration of the site are replaced.

    Returns:
        the runs that became current; none if all metrics were true.

    Raises:
        VersionMismatch: if there are metrics of another declaration that are not to be replaced.
    """
    await _end_others(database, _views(site))
    await _delete_old_runs(database)
    runs: list[MetricsRun] = []
    for locale in site.locales:
        of_locale = view_of(site, locale)
        runs += await _refresh(database, site, of_locale, watch, replaces_others=replaces_others)
    await _delete_old_runs(database)
    return runs


def _views(site: Site) -> Sequence[View]:
    """Return the views that have metrics: of what is public, in each locale and set of links."""
    return [each for locale in site.locales for each in _with_sets(site, view_of(site, locale))]


def _with_sets(site: Site, view: View) -> Sequence[View]:
    return [replace(view, link_set=each) for each in (ALL_LINKS, *site.link_sets)]


@dataclass(frozen=True)
class _Edition:
    """The edition of an entry that the view shows."""

    edition_id: str
    locale: str
    content_type: str


@dataclass(frozen=True)
class _Outdated:
    """The views of a locale whose metrics are no longer true, and what they are computed from.

    Attributes:
        basis: the basis of the new metrics; see :func:`~cms.links.metric_basis.metric_basis`.
        replaced: the basis of the current metrics of each view; ``None`` if it has none.
        graph: the link graph of the locale.
        editions: what is written of each entry.
    """

    basis: str
    replaced: Mapping[View, str | None]
    graph: LinkGraph
    editions: Mapping[str, _Edition]

    @property
    def is_of_others(self) -> bool:
        """True if some of the metrics are those of another declaration of the site."""
        return not {*self.replaced.values()} <= {None, self.basis}


async def _outdated(database: Database, site: Site, of_locale: View) -> _Outdated | None:
    """Return what is no longer true of the metrics of a locale; ``None`` if all is."""
    basis = metric_basis(site)
    async with database.reading() as session:
        position = await session.scalar(select(newest_position())) or 0
        replaced: dict[View, str | None] = {}
        for view in _with_sets(site, of_locale):
            found = (await session.scalars(select(LinkMetricRun).where(_is_current(view)))).first()
            if found is None or (found.position, found.basis) != (position, basis):
                replaced[view] = None if found is None else found.basis
        if not replaced:
            return None
        graph = await load_graph(session, site, of_locale)
        return _Outdated(basis, replaced, graph, await _editions(session, of_locale))


async def _refresh(
    database: Database, site: Site, of_locale: View, watch: Watch, *, replaces_others: bool
) -> Sequence[MetricsRun]:
    """Compute the metrics of a locale, in each set of links in which they are no longer true."""
    outdated = await _outdated(database, site, of_locale)
    if outdated is None:
        return []
    if outdated.is_of_others and not replaces_others:
        raise _mismatch()
    runs: list[MetricsRun] = []
    graph, position = outdated.graph, outdated.graph.position
    for view, replaced in outdated.replaced.items():
        run = RunWriter(database, view, position, outdated.basis, replaced)
        of_set = graph.only(kinds=site.link_sets.get(view.link_set))
        measured = await _in_thread(partial(measure, of_set))
        if await _write(run, measured, outdated.editions, watch):
            runs.append(MetricsRun(view.locales, view.link_set, position, len(measured.pages)))
    return runs


async def _write(
    run: RunWriter, measured: MeasuredGraph, editions: Mapping[str, _Edition], watch: Watch
) -> bool:
    """Write the metrics of pages, and return whether they became current."""
    with watch(f"Link metrics ({run.name})", len(measured.pages)) as progress:
        await run.begin(measured.summary)
        for rows in _batches(measured, editions):
            if not await run.add(rows):
                return False
            progress(len(rows))
    return await run.finish()


async def _in_thread(function: Callable[[], T]) -> T:
    """Run a function in a thread that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(settle_with: Callable[[Any], None], result: object) -> None:
        if not done.done():  # the caller may be cancelled
            settle_with(result)

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001  # raised where it is awaited
            loop.call_soon_threadsafe(settle, done.set_exception, error)
        else:
            loop.call_soon_threadsafe(settle, done.set_result, result)

    threading.Thread(target=run, daemon=True).start()
    return await done


async def _editions(session: ReadSession, view: View) -> Mapping[str, _Edition]:
    names = ("id", "edition_id", "locale", "content_type")
    rows = await session.execute(narrowed(relations.entries(view), names))
    return {entry_id: _Edition(*others) for entry_id, *others in rows}


def _batches(
    measured: MeasuredGraph, editions: Mapping[str, _Edition]
) -> Iterator[Sequence[Mapping[str, object]]]:
    """Yield the rows of pages, in the order of the ids of their editions, in batches."""
    ids, metrics = measured.pages.ids, measured.metrics
    columns: dict[str, Sequence[object]] = {
        name: values.tolist() for name, values in vars(metrics).items()
    }
    columns["click_depth"] = [None if each == NONE else each for each in columns["click_depth"]]
    # So many digits are the same text on both databases, as in cursors.
    columns["page_rank"] = [float(f"{each:.15g}") for each in metrics.page_rank.tolist()]
    for name in ("component", "community"):
        columns[name] = [ids[first] for first in getattr(metrics, name).tolist()]
    order = sorted(range(len(ids)), key=lambda at: editions[ids[at]].edition_id)
    for start in range(0, len(order), _BATCH):
        yield [
            {
                **vars(editions[ids[at]]),
                **{name: values[at] for name, values in columns.items()},
            }
            for at in order[start : start + _BATCH]
        ]


class RunWriter:
    """A run that is being written.

    Args:
        database: the database.
        view: the view, with its set of links.
        position: the position that the metrics are true for.
        basis: the digest of what else they depend on.
        replaced: the basis of the current run as the graph was read; ``None`` for no run.

    Attributes:
        name: its locale and its set of links, for people.
    """

    def __init__(
        self,
        database: Database,
        view: View,
        position: int,
        basis: str,
        replaced: str | None = None,
    ) -> None:
        self.name = view.locales[0]
        if view.link_set != ALL_LINKS:
            self.name += f", {view.link_set}"
        self._database = database
        self._view = view
        self._position = position
        self._basis = basis
        self._replaced = replaced
        self._id = 0
        self._written_at: datetime | None = None

    async def begin(self, summary: GraphSummary) -> None:
        """Add the run, which no reader sees."""
        now = clock.now()
        values = {
            "locales": run_locales(self._view),
            "link_set": self._view.link_set,
            "basis": self._basis,
            "position": self._position,
            "computed_at": now,
            "is_current": False,
            "written_at": now,
            "summary": asdict(summary),
        }
        added = insert(LinkMetricRun).values(**values).returning(LinkMetricRun.id)
        async with self._database.transaction() as session:
            self._id = (await session.execute(added)).scalar_one()
        self._written_at = now

    async def add(self, rows: Sequence[Mapping[str, object]]) -> bool:
        """Write the metrics of some pages, and let others write for as long.

        Returns:
            Whether they were written; not if the run was deleted as one that was killed.
        """
        began = time.monotonic()
        async with self._database.transaction() as session:
            is_held = await self._is_held(session)
            if is_held:
                await session.run_each(_INSERT, [{"run_id": self._id, **row} for row in rows])
        await asyncio.sleep(time.monotonic() - began)
        return is_held

    async def finish(self) -> bool:
        """Make the run current, and return whether it is; not if a newer one is by now.

        Of runs with one basis, that of the newest position is the newer one. One with another basis
        is, unless it has the basis that this run replaces.
        """
        async with self._database.transaction() as session:
            runs = select(LinkMetricRun).where(is_run_of(self._view))
            # In one order, so that two processes do not wait for each other.
            found = await session.scalars(runs.order_by(LinkMetricRun.id).with_for_update())
            is_newest = all(
                each.position < self._position
                if each.basis == self._basis
                else each.basis == self._replaced
                for each in found
                if each.is_current
            )
            if not (is_newest and await self._is_held(session)):
                await session.execute(_ended(LinkMetricRun.id == self._id))
                return False
            await session.execute(_ended(_is_current(self._view)))
            finished = update(LinkMetricRun).where(LinkMetricRun.id == self._id)
            await session.execute(finished.values(is_current=True, written_at=None))
            return True

    async def _is_held(self, session: WriteSession) -> bool:
        """Return whether no other process has ended the run."""
        now = clock.now()
        held = update(LinkMetricRun).where(
            LinkMetricRun.id == self._id, LinkMetricRun.written_at == self._written_at
        )
        found = await session.execute(held.values(written_at=now).returning(LinkMetricRun.id))
        self._written_at = now
        return found.first() is not None


def _is_current(view: View) -> ColumnElement[bool]:
    return and_(is_run_of(view), LinkMetricRun.is_current)


def _ended(which: ColumnElement[bool]) -> Update:
    """Return the statement that leaves runs to be deleted."""
    return (
        update(LinkMetricRun)
        .where(which)
        .values(is_current=False, written_at=None)
        .execution_options(synchronize_session=False)
    )


async def _end_others(database: Database, views: Sequence[View]) -> None:
    """End the runs of locales and sets of links that the site no longer has."""
    others = and_(LinkMetricRun.is_current, not_(or_(*map(is_run_of, views))))
    async with database.reading() as session:
        has_others = await session.scalar(select(LinkMetricRun.id).where(others).limit(1))
    if has_others is not None:
        async with database.transaction() as session:
            await session.execute(_ended(others))


async def _delete_old_runs(database: Database) -> None:
    """Delete the runs that are not current, and that no process writes."""
    killed = LinkMetricRun.written_at < clock.now() - _ABANDONED_AFTER
    old = and_(~LinkMetricRun.is_current, or_(LinkMetricRun.written_at.is_(None), killed))
    async with database.reading() as session:
        runs = (await session.scalars(select(LinkMetricRun.id).where(old))).all()
    for run_id in runs:
        async with database.transaction() as session:
            # Its process, should it still be there, then writes no more, unless it has by now.
            ending = _ended(and_(old, LinkMetricRun.id == run_id)).returning(LinkMetricRun.id)
            is_ended = (await session.execute(ending)).first() is not None
        if is_ended:
            await _delete_run(database, run_id)


async def _delete_run(database: Database, run_id: int) -> None:
    while await _has_rows(database, run_id):
        await _delete_rows(database, run_id)
    async with database.transaction() as session:
        await session.execute(delete(LinkMetricRun).where(LinkMetricRun.id == run_id))


async def _has_rows(database: Database, run_id: int) -> bool:
    rows = select(LinkMetric.run_id).where(LinkMetric.run_id == run_id).limit(1)
    async with database.reading() as session:
        return await session.scalar(rows) is not None


async def _delete_rows(database: Database, run_id: int) -> None:
    """Delete some rows of a run; none if another process deletes them at the same time."""
    began = time.monotonic()
    some = select(LinkMetric.edition_id).where(LinkMetric.run_id == run_id).limit(_BATCH)
    rows = delete(LinkMetric).where(LinkMetric.run_id == run_id, LinkMetric.edition_id.in_(some))
    async with database.transaction() as session:
        await session.execute(rows.execution_options(synchronize_session=False))
    await asyncio.sleep(time.monotonic() - began)


_INSERT = insert(LinkMetric).values(
    {each.name: bindparam(each.name, type_=each.type) for each in LinkMetric.__table__.c}
)
