"""The numbers of public editions that have each tag, by locale and content type."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeAlias

from sqlalchemy import (
    Integer,
    Select,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
)

from cms.ledger.counters import wait_for_turn
from cms.reading.periods import is_public_now
from cms.reading.visibility import is_of_site
from cms.storage.database import ReadSession, WriteSession, lift_time_limit
from cms.storage.dialects import (
    JsonDocument,
    element_number,
    element_text,
    elements_of,
    is_among,
    upsert,
)
from cms.tables import Publication, RevisionTag, TagCount

# A locale, a content type and a slug.
TagKey: TypeAlias = tuple[str, str, str]

_KEY = ("locale", "content_type", "slug")
_OF_PUBLICATION = (Publication.locale, Publication.content_type, RevisionTag.slug)


async def change_tag_counts(session: WriteSession, changes: Mapping[str, int]) -> None:
    """Change the counts of tags by those of publications.

    Categories and people do not count, since lists of tags leave them out.

    Args:
        session: the transaction.
        changes: change for each tag of a publication, by its id: 1 if it began, -1 if it ended.
    """
    rows = [{"id": key, "change": change} for key, change in sorted(changes.items())]
    # As one parameter, so that the statement has one text for any number of them.
    changed = elements_of(bindparam(None, rows, JsonDocument), "changed")
    of_changed = Publication.id == element_text(changed, "id")
    change = cast(func.sum(element_number(changed, "change")), Integer)
    counts = _tags().join(changed, of_changed).add_columns(change).group_by(*_OF_PUBLICATION)
    inserted = upsert(TagCount).from_select([*_KEY, "editions"], counts.having(change != 0))
    await session.execute(
        inserted.on_conflict_do_update(
            index_elements=_KEY,
            set_={"editions": TagCount.editions + inserted.excluded.editions},
        )
    )
    ended = [key for key, change in changes.items() if change < 0]
    if ended:
        tags = _tags().where(is_among(Publication.id, ended)).subquery("tags_of_ended")
        of_ended = (getattr(TagCount, name).in_(select(tags.c[name])) for name in _KEY)
        await session.execute(
            delete(TagCount)
            .where(*of_ended, TagCount.editions <= 0)
            .execution_options(synchronize_session=False)
        )


async def recount_tags(session: WriteSession) -> None:
    """Count the tags of all public editions again; publishing waits until the transaction ends."""
    await wait_for_turn(session, "position")
    await lift_time_limit(session)
    await session.execute(delete(TagCount))
    counted = _counts().where(is_public_now(Publication))
    await session.execute(insert(TagCount).from_select([*_KEY, "editions"], counted))


async def verify_tags(session: ReadSession, advice: str) -> AsyncGenerator[str]:
    """Verify the counts of tags, and yield a line for each that differs.

    Args:
        session: a snapshot.
        advice: what to do about it, for the end of a line.
    """
    counted = await session.execute(_counts().where(is_public_now(Publication)))
    expected = {_key_of(key): count for *key, count in counted}
    stored = await session.execute(
        select(TagCount.locale, TagCount.content_type, TagCount.slug, TagCount.editions).order_by(
            TagCount.locale, TagCount.content_type, TagCount.slug
        )
    )
    for *key, editions in stored:
        if expected.pop(_key_of(key), 0) != editions:
            yield f"tag_count {' '.join(key)} is not valid; {advice}"
    for missing in sorted(expected):
        yield f"tag_count {' '.join(missing)} is missing; {advice}"


def _tags() -> Select[*tuple[Any, ...]]:
    """Return the tags of all publications of the site's own types."""
    return (
        select(*_OF_PUBLICATION)
        .join(RevisionTag, RevisionTag.revision_id == Publication.revision_id)
        .where(is_of_site(Publication.content_type))
    )


def _counts() -> Select[*tuple[Any, ...]]:
    return _tags().add_columns(func.count()).group_by(*_OF_PUBLICATION)


def _key_of(values: list[Any]) -> TagKey:
    locale, content_type, slug = values
    return locale, content_type, slug
