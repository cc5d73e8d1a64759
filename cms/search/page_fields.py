"""Values of indexed fields that public pages repeat: stored again, and verified."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from sqlalchemy import or_, select, update

from cms.content.canonical_json import JsonObject, is_same
from cms.content.content_type import ContentType
from cms.ledger.chain import batches
from cms.ledger.counters import wait_for_turn
from cms.reading.periods import is_public_now
from cms.reading.public_fields import public_fields, values_beside_indexed
from cms.site import Site
from cms.storage.database import ReadSession, WriteSession, lift_time_limit
from cms.tables import Publication, Revision


async def repeat_fields(session: WriteSession, site: Site) -> None:
    """Store the values of indexed fields in public pages that have others.

    Publishing waits until the transaction ends.

    Args:
        session: the transaction.
        site: the site, with the stored names of its types.
    """
    await wait_for_turn(session, "position")
    await lift_time_limit(session)
    async with aclosing(_wrong_pages(session, site)) as found:
        async for pages in found:
            await session.execute(update(Publication), pages)


async def faults_of_fields(session: ReadSession, site: Site) -> list[str]:
    """Return a line for each public page with other values than its revision has.

    Args:
        session: a snapshot.
        site: the site, with the stored names of its types.
    """
    async with aclosing(_wrong_pages(session, site)) as found:
        return [
            f"publication {page['id']} is not valid: the values of its fields are not those of "
            "its revision; run: copydesk rebuild"
            async for pages in found
            for page in pages
        ]


async def _wrong_pages(
    session: ReadSession, site: Site
) -> AsyncGenerator[Sequence[dict[str, Any]]]:
    """Yield the values that public pages should have, with their ids, where they have others."""
    indexed = [
        name
        for name, content_type in site.stored_types.items()
        if any(field.indexed for field in content_type.fields.values())
    ]
    chosen = (
        select(Publication.id, Publication.content_type, Publication.field_values, Revision.content)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(
            is_public_now(Publication),
            # A type that is declared no more can come back.
            Publication.content_type.in_([*site.stored_types]),
            or_(Publication.content_type.in_(indexed), Publication.field_values.is_not(None)),
        )
    )
    async with aclosing(batches(session, chosen, Publication.id)) as found:
        async for rows in found:
            pages = [(row, _right_values(site.stored_types[row.content_type], row)) for row in rows]
            wrong = [
                {"id": row.id, "field_values": right}
                for row, right in pages
                if not is_same(row.field_values, right)
            ]
            if wrong:
                yield wrong


def _right_values(content_type: type[ContentType], page: Any) -> JsonObject | None:
    """Return the values that a public page should have.

    Servers with older code may still read those of fields that have no index any more.
    """
    former = values_beside_indexed(content_type, page.field_values or {})
    return {**former, **(public_fields(content_type, page.content) or {})} or None
