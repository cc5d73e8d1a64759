"""A site that runs: its declaration, with its database, its signing key and its clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from cms.access.signing_keys import record_key
from cms.authorization.actor import OPERATOR
from cms.drafts.category_tree import hold_tree, store_paths
from cms.errors import Refused
from cms.ledger.counters import current
from cms.ledger.keys import newest_key, why_none_can_sign
from cms.publishing.attesting import attest
from cms.publishing.moving import move_pages_by_type
from cms.reading.field_indexes import index_fields
from cms.search.deriving import update_derived_values
from cms.search.rebuilding import has_outdated_revisions
from cms.settings import Settings, load_settings
from cms.site import Site
from cms.storage import migration
from cms.storage.database import Database
from cms.tables import Account
from cms.work.plugin_reactions import plugin_reactions
from cms.work.work import Desk, Reaction


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """The changes that a migration has made.

    Attributes:
        schema: whether the schema was of an earlier version, or there was none.
        indexed: the fields that are indexed now and were not before: ``Hardware.maker``.
        dropped: the names of indexes that no field declares any more.
        new_key: the file of the signing key, if it was made.
        unrecorded: why the key of a site from before keys were recorded is still not recorded.
        unsigned: why nothing can be signed off or published; empty if it can.
        moved: the number of pages that came to other addresses, with redirects.
        unmoved: why pages could not come to the addresses that their content types declare.
        outdated: whether another version of the renderer has derived values of revisions.
    """

    schema: bool
    indexed: tuple[str, ...]
    dropped: tuple[str, ...]
    new_key: Path | None = None
    unrecorded: str = ""
    unsigned: str = ""
    moved: int = 0
    unmoved: str = ""
    outdated: bool = False


def reactions_of(site: Site) -> tuple[Reaction, ...]:
    """Return the functions that act on the events of a site's commands, in order."""
    return (attest, update_derived_values, *plugin_reactions(site))


def desk_of(database: Database, site: Site) -> Desk:
    """Return a site with its database, without settings of its own."""
    return Desk(database, site, reactions_of(site))


class Copydesk(Desk):
    """A site, and all that its commands and questions need.

    Connections are opened when they are first needed; ``async with`` closes them at the end.

    Args:
        site: the site's declaration.
        settings: by default those of the environment.

    Attributes:
        site: the site's declaration.
        settings: the settings.
        database: the database, with the key file.
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

    async def migrate(self) -> Migrated:
        """Migrate the database to the schema of this version, with the indexes of the site.

        A new site gets its signing key too, and pages come to the addresses that their content
        types declare by now.

        Raises:
            DatabaseError: if that cannot be done; then the schema is as it was.
        """
        schema = await migration.migrate(self.database)
        fields = await index_fields(self.database, self.site)
        async with self.database.reading() as session:
            outdated = await has_outdated_revisions(session)
        changes = Migrated(
            schema=schema, indexed=fields.missing, dropped=fields.unused, outdated=outdated
        )
        return await self._move_pages(await self._settle_key(changes))

    async def _move_pages(self, changes: Migrated) -> Migrated:
        """Move pages to the addresses that their content types declare."""
        try:
            # By itself, so that categories have paths even if a page cannot move.
            async with self.work(OPERATOR) as work:
                await store_paths(work, await hold_tree(work))
            async with self.work(OPERATOR) as work:
                return replace(changes, moved=await move_pages_by_type(work))
        except Refused as refused:
            return replace(changes, unmoved=str(refused))

    async def _settle_key(self, changes: Migrated) -> Migrated:
        """Make the key of a new site; record the one of a site from before keys were recorded."""
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
