"""A site that runs: its declaration, with its database, its signing key and its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from sqlalchemy import ColumnElement, select

from cms.authorization.actor import OPERATOR
from cms.drafts.category_tree import hold_tree, store_paths
from cms.drafts.heads import repeat_heads
from cms.errors import Refused, SiteError
from cms.events import Event
from cms.ledger.counters import current
from cms.ledger.progress import Watch, unwatched
from cms.reading.field_indexes import index_fields
from cms.review.review_times import repair_review_times
from cms.search.deriving import update_derived_values
from cms.search.page_fields import repeat_fields
from cms.search.rebuilding import (
    EVERY_REVISION,
    OUTDATED_REVISIONS,
    Derive,
    count_public_editions,
    count_revisions,
    derive_here,
    has_outdated_revisions,
    rebuild_counts,
    rebuild_revisions,
)
from cms.settings import Settings, load_settings
from cms.site import Site
from cms.storage.database import Database, lift_time_limit
from cms.storage.schema import check_migrated
from cms.tables import Account
from cms.type_versions.versions import Binding, KnownTypes, bind, newest_types
from cms.work.plugin_reactions import plugin_reactions
from cms.work.work import Desk, Reaction, Work

if TYPE_CHECKING:  # what only a migration or a command needs is loaded by it
    from cms.type_versions.changing import Schemas
    from cms.type_versions.checking import TypesReport

# Gives the function that derives values of a site's content.
DerivesIn: TypeAlias = Callable[[Binding], AbstractContextManager[Derive]]


@contextmanager
def derives_here(binding: Binding) -> Iterator[Derive]:
    """Derive values in this process: the default."""
    yield derive_here(binding.site)


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """The changes that a migration has made.

    Attributes:
        schema: whether the schema was of an earlier version, or there was none.
        types: the changes of the content types.
        indexed: the fields that are indexed now and were not before: ``Hardware.maker``.
        dropped: the names of indexes that no field declares any more.
        new_key: the file of the signing key, if it was made.
        unrecorded: why the key of a site from before keys were recorded is still not recorded.
        unsigned: why nothing can be signed off or published; empty if it can.
        moved: the number of pages that came to other addresses, with redirects.
        unmoved: why pages could not come to the addresses that their content types declare.
        rebuilt: the number of revisions whose values were derived again.
    """

    schema: bool
    types: TypesReport
    indexed: tuple[str, ...]
    dropped: tuple[str, ...]
    new_key: Path | None = None
    unrecorded: str = ""
    unsigned: str = ""
    moved: int = 0
    unmoved: str = ""
    rebuilt: int = 0


def reactions_of(site: Site) -> tuple[Reaction, ...]:
    """Return the functions that act on the events of a site's commands, in order."""
    return (attest, update_derived_values, *plugin_reactions(site))


async def attest(work: Work, events: Sequence[Event]) -> None:
    """Attest the events of a command; see :func:`cms.publishing.attesting.attest`."""
    # The forms of statements take a twelfth of a server's start to load.
    from cms.publishing.attesting import attest as attest_events  # noqa: PLC0415

    await attest_events(work, events)


def desk_of(database: Database, site: Site) -> Desk:
    """Return a site with its database, without settings of its own."""
    return Desk(database, site, reactions_of(site))


async def rebuild(
    database: Database,
    binding: Binding,
    which: ColumnElement[bool],
    watch: Watch = unwatched,
    derives_in: DerivesIn = derives_here,
) -> int:
    """Derive the values of revisions again, and count the words; return how many revisions.

    Args:
        database: the database.
        binding: the site's content types.
        which: condition for the revisions.
        watch: gives the functions that show the progress.
        derives_in: gives the function that derives the values.
    """
    async with database.reading() as session:
        revisions = await count_revisions(session, binding.site, which)
        editions = await count_public_editions(session)
    with watch("Revisions", revisions) as progress, derives_in(binding) as derive:
        count = await rebuild_revisions(database, binding.site, which, progress, derive)
    with watch("Words", editions) as progress:
        await rebuild_counts(database, progress)
    async with database.transaction() as session:
        await repeat_fields(session, binding.site)
    return count


class Copydesk(Desk):
    """A site, and all that its commands and questions need.

    Connections are opened when they are first needed; ``async with`` closes them at the end.

    Args:
        site: the site's declaration.
        settings: by default those of the environment.

    Attributes:
        site: the site's declaration; once its types are loaded, with their stored names.
        settings: the settings.
        database: the database, with the key file.
        has_types: whether the stored names of the content types were loaded.
    """

    def __init__(self, site: Site, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        database = Database(
            self.settings.database_url,
            readers=self.settings.readers,
            statement_timeout=self.settings.statement_timeout,
            sqlite_mmap_megabytes=self.settings.sqlite_mmap_megabytes,
            signing_key=self.settings.signing_key,
        )
        super().__init__(database, site, reactions_of(site))
        self._declared = site
        self.has_types = False

    async def load_types(self) -> Binding:
        """Read the stored names of the site's content types, and return them.

        Commands are refused from then on when the database has another version of the types. The
        database has to be migrated to this version.
        """
        return self.use_types(await self._binding())

    async def confirm_types(self) -> None:
        """Read the types for an API that was made without their stored names.

        Raises:
            SiteError: if something is stored under another name than it is declared with, or an
                indexed field has no index yet.
            DatabaseError: if the database does not answer, or is not of this version.
        """
        await check_migrated(self.database)
        binding = await self._binding()
        if binding.site is not self._declared:
            raise SiteError(
                "names of content types have changed, or fields have no index yet, and the API has "
                "to know which; run this before create_app(copydesk): await copydesk.load_types()"
            )
        self.use_types(binding)

    def use_types(self, binding: Binding) -> Binding:
        """Use content types that another object has loaded, and return them."""
        self.site, self.has_types = binding.site, True
        if binding.known is not None:
            # Versions begin with 1: other types than those of the database can write nothing.
            self.types = binding.known.number if binding.is_current else 0
        return binding

    async def _binding(self) -> Binding:
        return bind(self._declared, await self.known_types())

    async def known_types(self) -> KnownTypes | None:
        """Return the newest version of content types in the database, if there is one."""
        async with self.database.reading() as session:
            return await newest_types(session)

    async def check_types(self, watch: Watch = unwatched) -> TypesReport:
        """Return what the declared content types change, and what is in the way.

        Args:
            watch: gives the function that shows the progress.
        """
        from cms.type_versions.checking import check_types  # noqa: PLC0415

        async with self.reading(OPERATOR) as reading:
            binding = bind(self._declared, await newest_types(reading.session))
            return await check_types(reading, binding, watch)

    async def migrate(
        self,
        schemas: Schemas | None = None,
        watch: Watch = unwatched,
        derives_in: DerivesIn = derives_here,
    ) -> Migrated:
        """Migrate the database to the schema and the content types of this version.

        A new site gets its signing key too, indexes are made, pages come to the addresses that
        their content types declare by now, and what derives otherwise is derived again.

        Args:
            schemas: the GraphQL schemas that are served, to compare later ones.
            watch: gives the functions that show the progress of long parts.
            derives_in: gives the function that derives values.

        Raises:
            TypesDoNotFit: if stored content does not fit the content types; then they stay as they
                were.
            DatabaseError: if that cannot be done; then the schema is as it was.
        """
        # Alembic takes longer to load than a server takes to start.
        from cms.storage.migration import migrate  # noqa: PLC0415

        schema = await migrate(self.database)
        types = await self._change_types(schemas, watch)
        fields = await index_fields(self.database, self.site)
        changes = Migrated(
            schema=schema, types=types, indexed=fields.missing, dropped=fields.unused
        )
        changes = await self._move_pages(await self._settle_key(changes))
        async with self.database.reading() as session:
            is_outdated = await has_outdated_revisions(session, self.site)
        if not is_outdated:
            return changes
        rebuilt = await self.rebuild(OUTDATED_REVISIONS, watch, derives_in)
        return replace(changes, rebuilt=rebuilt)

    async def _change_types(self, schemas: Schemas | None, watch: Watch) -> TypesReport:
        from cms.type_versions.changing import NO_SCHEMAS, change_types  # noqa: PLC0415

        declared = desk_of(self.database, self._declared)
        async with declared.work(OPERATOR) as work:
            _, report = await change_types(work, schemas or NO_SCHEMAS, watch)
        await self.load_types()
        return report

    async def rebuild(
        self,
        which: ColumnElement[bool] = EVERY_REVISION,
        watch: Watch = unwatched,
        derives_in: DerivesIn = derives_here,
    ) -> int:
        """Derive HTML, anchors, sort keys and the search index again; return how many revisions.

        Args:
            which: condition for the revisions.
            watch: gives the functions that show the progress.
            derives_in: gives the function that derives values.
        """
        binding = await self.load_types()
        return await rebuild(self.database, binding, which, watch, derives_in)

    async def _move_pages(self, changes: Migrated) -> Migrated:
        """Move pages to the addresses that their content types declare."""
        from cms.publishing.moving import move_pages_by_type  # noqa: PLC0415

        try:
            # By itself, so that categories have paths even if a page cannot move.
            async with self.work(OPERATOR) as work:
                await lift_time_limit(work.session)
                await store_paths(work, await hold_tree(work))
                await repeat_heads(work)
                await repair_review_times(work)
            async with self.work(OPERATOR) as work:
                await lift_time_limit(work.session)
                return replace(changes, moved=await move_pages_by_type(work))
        except Refused as refused:
            return replace(changes, unmoved=str(refused))

    async def _settle_key(self, changes: Migrated) -> Migrated:
        """Make the key of a new site; record the one of a site from before keys were recorded."""
        from cms.ledger.keys import newest_key, why_none_can_sign  # noqa: PLC0415

        key_file = self.database.key_file
        async with self.database.reading() as session:
            has_signed = await current(session, "attestation") > 0
            is_new = not has_signed and await session.scalar(select(Account.id).limit(1)) is None
            is_unrecorded = has_signed and await newest_key(session) is None
            # No other key is made for a site that has signed.
            unsigned = await why_none_can_sign(session, key_file) if has_signed else ""
        if is_new and key_file.make():
            return replace(changes, new_key=key_file.path)
        if is_unrecorded:
            return replace(changes, unrecorded=await self._record_key())
        return replace(changes, unsigned=unsigned)

    async def _record_key(self) -> str:
        from cms.access.signing_keys import record_key  # noqa: PLC0415

        try:
            async with self.work(OPERATOR) as work:
                await record_key(work)
        except Refused as refused:
            return str(refused)
        return ""

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
