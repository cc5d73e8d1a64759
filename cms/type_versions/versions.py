"""The versions of content types that a database knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from cms.content.canonical_json import Json
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import TypeVersion
from cms.type_versions.binding import bound_site
from cms.type_versions.changes import changes_between
from cms.type_versions.declaration import DeclaredSite, declaration_in, declare, with_revived


@dataclass(frozen=True)
class KnownTypes:
    """The newest version of content types in a database.

    Attributes:
        number: its number, from 1.
        declaration: the declared types with their stored names.
        schemas: the GraphQL schemas that were served for them, as text by name.
    """

    number: int
    declaration: DeclaredSite
    schemas: Mapping[str, Json]


@dataclass(frozen=True)
class Binding:
    """A site as a database stores its content.

    Attributes:
        site: the site, with the stored names of its content types.
        declaration: the same as data.
        known: the newest version in the database; ``None`` if there is none.
    """

    site: Site
    declaration: DeclaredSite
    known: KnownTypes | None

    @property
    def before(self) -> DeclaredSite | None:
        """The declaration before, with the types that come back as they were; see ``known``."""
        return with_revived(self.known.declaration, self.declaration) if self.known else None

    @property
    def is_current(self) -> bool:
        """True if the site is declared as the newest version is."""
        return self.known is not None and not changes_between(
            self.known.declaration, self.declaration
        )


async def newest_types(session: ReadSession) -> KnownTypes | None:
    """Return the newest version of content types; ``None`` if there is none."""
    row = await session.scalar(select(TypeVersion).order_by(TypeVersion.number.desc()).limit(1))
    if row is None:
        return None
    return KnownTypes(row.number, declaration_in(row.declaration), row.schemas)


def bind(site: Site, known: KnownTypes | None) -> Binding:
    """Return a site with its stored names.

    Args:
        site: the site as it is declared in code.
        known: the newest version of its content types in the database.

    Raises:
        SiteError: if the declaration says what cannot be of what is stored.
    """
    if known is None:
        declaration = declare(site)
    else:
        declaration = declare(site, known.declaration, known.number + 1)
    before = known.declaration if known is not None else None
    return Binding(bound_site(site, declaration, before), declaration, known)
