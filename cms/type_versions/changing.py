"""The command that raises the version of a site's content types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.errors import InvalidValue, Refused
from cms.events import TypesChanged
from cms.ledger.progress import Watch, unwatched
from cms.search.page_fields import repeat_fields
from cms.search.rebuilding import mark_outdated
from cms.storage.database import WriteSession
from cms.tables import Entry, TypeVersion
from cms.type_versions.changes import pair, types_that_derive_otherwise
from cms.type_versions.checking import TypesReport, check_types
from cms.type_versions.declaration import DeclaredSite, indexed_fields
from cms.type_versions.versions import Binding, bind, newest_types
from cms.work.work import Work, command


@dataclass(frozen=True)
class Schemas:
    """The GraphQL schemas that are served for some content types.

    Attributes:
        texts: the schemas in the schema definition language, by name.
    """

    texts: Mapping[str, str]


NO_SCHEMAS = Schemas({})


class TypesDoNotFit(Refused):
    """Stored content does not fit the content types.

    Attributes:
        report: what is in the way, with the entries.
    """

    def __init__(self, report: TypesReport) -> None:
        self.report = report
        super().__init__(
            *(
                InvalidValue(
                    message=f"{each.place}: {each.reason}; {each.remedy}",
                    path=tuple(entry.entry_id for entry in each.entries),
                )
                for each in report.problems
            )
        )


@command(Action.TYPES_CHANGE)
async def change_types(
    work: Work,
    schemas: Schemas = NO_SCHEMAS,
    watch: Watch = unwatched,
) -> tuple[Binding, TypesReport]:
    """Make the types of the site the newest version, and return what changed.

    No word of the content changes. Derived values of content types that lost or regained fields
    are marked, to be derived again; if indexed fields changed, public pages repeat them at once.
    Writers wait until the transaction ends.

    Args:
        work: the transaction, in which the site has the stored names that its code declares.
        schemas: the GraphQL schemas that are served for the types.
        watch: gives the function that shows the progress of the check.

    Raises:
        Refused: with :class:`TypesDoNotFit` if stored content does not fit.
    """
    work.authorise(Action.TYPES_CHANGE)
    work = await work.in_turn()
    binding = bind(work.site, await newest_types(work.session))
    report = await check_types(work, binding, watch)
    if report.problems:
        raise TypesDoNotFit(report)
    if binding.is_current:
        return binding, report
    number = binding.known.number + 1 if binding.known is not None else 1
    await work.insert(
        TypeVersion(
            number=number,
            declaration=binding.declaration.to_json(),
            schemas=dict(schemas.texts),
            created_at=work.now,
        )
    )
    if binding.before is not None:
        await _settle_singletons(work, binding.before, binding.declaration)
        await _mark_stale(work.session, binding.before, binding.declaration)
    former = binding.before
    binding = bind(work.site, await newest_types(work.session))
    if former is None or indexed_fields(former) != indexed_fields(binding.declaration):
        await repeat_fields(work.session, binding.site)
    work.emit(
        TypesChanged(
            subject=str(number),
            number=number,
            changes=tuple(each.message for each in report.changes),
        )
    )
    return binding, report


async def _settle_singletons(work: Work, before: DeclaredSite, after: DeclaredSite) -> None:
    """Make the one entry of a new singleton known as such, or that of a former one no more."""
    for name, former in pair(before.types, after.types).same.items():
        new = after.types[name]
        if before.types[former].is_singleton == new.is_singleton:
            continue
        chosen = select(Entry).where(Entry.content_type == new.stored)
        if new.is_singleton:
            chosen = chosen.where(Entry.archived_at.is_(None))
        else:
            chosen = chosen.where(Entry.singleton.is_not(None))
        for entry in (await work.session.scalars(chosen)).all():
            await work.update(entry, singleton=new.stored if new.is_singleton else None)


async def _mark_stale(session: WriteSession, before: DeclaredSite, after: DeclaredSite) -> None:
    """Mark the derived values of contents whose fields went, came back or changed places."""
    for name, fields in types_that_derive_otherwise(before, after).items():
        await mark_outdated(session, after.types[name].stored, fields)
