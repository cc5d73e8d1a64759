"""The standing of revisions by SQL, as the planner asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, Select, literal_column, not_, select

from cms.review.relations import state_of
from cms.review.standing import RevisionColumns, is_approved, policies_of
from cms.site import Site
from cms.tables import Edition, Entry, Revision
from cms.work.work import Work

_NAMES = ("edition_id", "revision_id", "number", "digest", "content_type", "archived_at")


def revisions_shown() -> FromClause:
    """Return all revisions with what their standing follows from."""
    return (
        select(
            Revision.id.label("revision_id"),
            *(Revision.edition_id, Revision.number, Revision.digest),
            *(Entry.content_type, Entry.archived_at),
        )
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .subquery("shown")
    )


def states_in(site: Site) -> Select[Any]:
    """Return the query for the ids and states of all revisions, and whether they lack sign-offs."""
    shown, policies = revisions_shown(), policies_of(site)
    # By name, as the planner has its columns.
    columns = RevisionColumns(**{name: literal_column(f"shown.{name}") for name in _NAMES})
    return select(
        shown.c.revision_id,
        state_of(policies, columns).label("state"),
        not_(is_approved(policies, columns)).label("lacks"),
    ).select_from(shown)


async def standing_by_sql(work: Work, revision: Revision) -> tuple[str, bool]:
    """Return the state of a revision, and whether it lacks sign-offs."""
    every = states_in(work.site).subquery()
    found = await work.session.execute(
        select(every.c.state, every.c.lacks).where(every.c.revision_id == revision.id)
    )
    state, lacks = found.one()
    return str(state), bool(lacks)
