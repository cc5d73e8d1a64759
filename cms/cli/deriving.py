"""Derived values in several processes: their derivation and verification."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing, contextmanager
from multiprocessing import get_context

from sqlalchemy import func, select

from cms import clock
from cms.cli.group import collect_rarely, load_site
from cms.cli.progress import progress_bar
from cms.copydesk import DerivesIn
from cms.drafts.heads import faults_of_heads
from cms.ledger.chain import UnreadableError
from cms.ledger.verification import Finding, Invalid, Valid
from cms.publishing.moving import faults_of_addresses
from cms.review.review_times import faults_of_review_times
from cms.search.deriving import DerivedValues
from cms.search.page_fields import faults_of_fields
from cms.search.rebuilding import Derive, StoredContent, count_public_editions, derived_from
from cms.search.verification import (
    StoredRevision,
    faults_in,
    stored_revisions,
    stray_rows,
    verify_counts,
)
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Revision
from cms.type_versions.binding import bound_site
from cms.type_versions.declaration import DeclaredSite
from cms.type_versions.versions import Binding, bind, newest_types

# Batches that wait for a process, for each process.
_WAITING = 2


async def verify_derived(
    session: ReadSession, reference: str, jobs: int, after: int = 0
) -> AsyncGenerator[Finding]:
    """Derive again what derives from revisions, and yield what differs.

    Args:
        session: a snapshot.
        reference: the site, as in ``COPYDESK_SITE``.
        jobs: number of processes.
        after: number of an audit record; revisions written up to it are left out.
    """
    faults, count = [], 0
    length = await session.scalar(select(func.count()).select_from(Revision)) or 0
    with progress_bar("Derived values", length) as seen:
        try:
            async with aclosing(_results(session, reference, jobs, after)) as results:
                async for number, found in results:
                    faults += found
                    count += number
                    seen(number)
        except UnreadableError as error:
            faults.append(f"derived values cannot be read: {error}")
    faults += await stray_rows(session)
    site = bind(load_site(reference), await newest_types(session)).site
    faults += await faults_of_addresses(session, site, clock.now())
    faults += await faults_of_heads(session)
    faults += await faults_of_review_times(session)
    faults += await faults_of_fields(session, site)
    with progress_bar("Words", await count_public_editions(session)) as seen:
        faults += [each async for each in verify_counts(session, seen)]
    for fault in faults:
        yield Invalid(fault)
    if not faults:
        yield Valid(f"derived values: those of {count} revisions are what their contents give")


async def _results(
    session: ReadSession, reference: str, jobs: int, after: int
) -> AsyncGenerator[tuple[int, list[str]]]:
    """Yield the number of revisions of each batch, and their faults."""
    binding = bind(load_site(reference), await newest_types(session))
    async with aclosing(stored_revisions(session, after)) as batches:
        if jobs == 1:
            async for batch in batches:
                yield len(batch), faults_in(binding.site.stored_types, batch)
            return
        with _processes(reference, binding, jobs) as pool:
            loop, waiting = asyncio.get_running_loop(), []
            async for batch in batches:
                waiting.append((len(batch), loop.run_in_executor(pool, _verify, batch)))
                if len(waiting) > _WAITING * jobs:
                    number, result = waiting.pop(0)
                    yield number, await result
            for number, result in waiting:
                yield number, await result


def derives_in_processes(reference: str) -> DerivesIn:
    """Return what derives values in a process for each core, given the site's content types.

    Args:
        reference: the site, as in ``COPYDESK_SITE``.
    """
    jobs = os.cpu_count() or 1

    @contextmanager
    def derive_in(binding: Binding) -> Iterator[Derive]:
        with _processes(reference, binding, jobs) as pool:

            async def derive(contents: Sequence[StoredContent]) -> Mapping[str, DerivedValues]:
                return await asyncio.get_running_loop().run_in_executor(pool, _derive, contents)

            yield derive

    return derive_in


def _processes(reference: str, binding: Binding, jobs: int) -> ProcessPoolExecutor:
    # A new interpreter each, since a forked one would share the database's connections.
    return ProcessPoolExecutor(
        jobs,
        get_context("spawn"),
        initializer=_load,
        initargs=(reference, binding.declaration.model_dump_json()),
    )


# The site, in a process that derives.
_sites: list[Site] = []


def _load(reference: str, declaration: str) -> None:
    declared = DeclaredSite.model_validate_json(declaration)
    _sites.append(bound_site(load_site(reference), declared))
    collect_rarely()


def _verify(batch: Sequence[StoredRevision]) -> list[str]:
    return faults_in(_sites[0].stored_types, batch)


def _derive(contents: Sequence[StoredContent]) -> Mapping[str, DerivedValues]:
    return derived_from(_sites[0], contents)
