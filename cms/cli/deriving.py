"""Verification of what derives, in several processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing
from multiprocessing import get_context

from sqlalchemy import func, select

from cms import clock
from cms.cli.group import load_site
from cms.cli.progress import progress_bar
from cms.ledger.chain import UnreadableError
from cms.ledger.verification import Finding, Invalid, Valid
from cms.publishing.moving import faults_of_addresses
from cms.search.rebuilding import count_public_editions
from cms.search.verification import (
    StoredRevision,
    faults_in,
    stored_revisions,
    stray_rows,
    verify_words,
)
from cms.storage.database import ReadSession
from cms.tables import Revision

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
    faults += await faults_of_addresses(session, load_site(reference), clock.now())
    with progress_bar("Words", await count_public_editions(session)) as seen:
        faults += [each async for each in verify_words(session, seen)]
    for fault in faults:
        yield Invalid(fault)
    if not faults:
        yield Valid(f"derived values: those of {count} revisions are what their contents give")


async def _results(
    session: ReadSession, reference: str, jobs: int, after: int
) -> AsyncGenerator[tuple[int, list[str]]]:
    """Yield the number of revisions of each batch, and their faults."""
    content_types = load_site(reference).content_types
    async with aclosing(stored_revisions(session, after)) as batches:
        if jobs == 1:
            async for batch in batches:
                yield len(batch), faults_in(content_types, batch)
            return
        # A new interpreter each, since a forked one would share the database's connections.
        with ProcessPoolExecutor(
            jobs, get_context("spawn"), initializer=_load, initargs=(reference,)
        ) as pool:
            loop, waiting = asyncio.get_running_loop(), []
            async for batch in batches:
                waiting.append((len(batch), loop.run_in_executor(pool, _derive, batch)))
                if len(waiting) > _WAITING * jobs:
                    number, result = waiting.pop(0)
                    yield number, await result
            for number, result in waiting:
                yield number, await result


# The reference of the site, in a process that derives.
_reference: list[str] = []


def _load(reference: str) -> None:
    load_site(reference)
    _reference.append(reference)


def _derive(batch: Sequence[StoredRevision]) -> list[str]:
    return faults_in(load_site(_reference[0]).content_types, batch)
