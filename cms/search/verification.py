"""Verification of what derives from revisions: it is derived again and compared."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import exists, select

from cms.content.content_type import ContentType
from cms.content.link_places import LinkPlace
from cms.content.renderer import RENDERER
from cms.errors import SiteError
from cms.ledger.chain import AnyRow, batches
from cms.reading.periods import is_public_now
from cms.reading.visibility import is_of_site
from cms.search.deriving import (
    DerivedValues,
    derived_of,
    differences,
    revisions_with_derived_values,
    stored_links,
)
from cms.search.spelling import grams_to_find
from cms.search.tag_counts import verify_tags
from cms.search.tokens import fold
from cms.search.word_counts import WordCounts
from cms.storage.database import ReadSession
from cms.tables import (
    AuditedRow,
    Publication,
    Rendition,
    Revision,
    SearchDocument,
    SearchGram,
    SearchWord,
)

_COLUMNS = tuple(each.name for each in fields(DerivedValues) if each.name != "links")
_REBUILD = "run: copydesk rebuild"
# Rows of a batch; a content and what derives from it can be large.
_AT_ONCE = 100


@dataclass(frozen=True)
class StoredRevision:
    """A revision's content with the values that were derived from it, if there are any.

    Attributes:
        id: id of the revision.
        content_type: name of its content type.
        content: its content.
        path: its path.
        version: version of the renderer that derived the values; ``None`` without a rendition.
        values: the derived values; ``None`` if a row is missing.
    """

    id: str
    content_type: str
    content: Mapping[str, Any]
    path: str | None
    version: str | None
    values: DerivedValues | None


async def stored_revisions(
    session: ReadSession, after: int = 0
) -> AsyncGenerator[Sequence[StoredRevision]]:
    """Yield the revisions with their derived values, at most 100 at once.

    Args:
        session: a snapshot.
        after: number of an audit record; revisions written up to it are left out.

    Raises:
        UnreadableError: at the first row that cannot be read.
    """
    chosen = revisions_with_derived_values()
    if after:
        chosen = chosen.where(
            exists().where(
                AuditedRow.table_name == "revision",
                AuditedRow.key == Revision.id,
                AuditedRow.sequence > after,
            )
        )
    async with aclosing(batches(session, chosen, Revision.id)) as found:
        async for rows in found:
            for start in range(0, len(rows), _AT_ONCE):
                part = rows[start : start + _AT_ONCE]
                links = await stored_links(session, [row.revision_id for row in part])
                yield [_stored(row, links.get(row.revision_id, {})) for row in part]


def faults_in(
    content_types: Mapping[str, type[ContentType]], revisions: Sequence[StoredRevision]
) -> list[str]:
    """Return a line for each revision whose derived values are not those of its content.

    Args:
        content_types: the content types of the site, by their stored names.
        revisions: the revisions.
    """
    return [
        f"revision {each.id} is not valid: {fault}"
        for each in revisions
        if (fault := _fault_of(content_types, each))
    ]


async def stray_rows(session: ReadSession) -> Sequence[str]:
    """Return a line for each derived row without a revision, or whose revision was purged."""
    faults: list[str] = []
    for table in (Rendition, SearchDocument):
        is_there = exists().where(Revision.id == table.revision_id, Revision.purged_at.is_(None))
        chosen = select(table.revision_id).where(~is_there)
        faults += [
            f"{table.__tablename__} of {each} is not valid: there is no such revision"
            for each in await session.scalars(chosen.order_by(table.revision_id))
        ]
    grams_of_none = select(SearchGram.locale, SearchGram.word).where(
        ~exists().where(SearchWord.locale == SearchGram.locale, SearchWord.word == SearchGram.word)
    )
    return faults + [
        f"search_word {locale} {word} is missing, and there are grams of it; {_REBUILD}"
        for locale, word in await session.execute(grams_of_none.distinct())
    ]


async def verify_counts(
    session: ReadSession, progress: Callable[[int], object]
) -> AsyncGenerator[str]:
    """Verify the counts of words and tags of public editions, with a line for each that differs.

    Args:
        session: a snapshot.
        progress: called with the number of public editions after each batch.
    """
    expected = (await _count_words(session, progress)).numbers()
    for locale in sorted({locale for locale, _ in expected} | await _locales(session)):
        async with aclosing(_stored_words(session, locale)) as found:
            async for words in found:
                for each, of_word in words:
                    numbers = expected.pop((locale, each.word), (0, 0))
                    known = grams_to_find(fold(each.word))
                    right = (fold(each.word), len(known), *numbers)
                    stored = (each.folded, each.grams, each.editions, each.titles)
                    if stored != right or of_word != set(known):
                        yield f"search_word {locale} {each.word} is not valid; {_REBUILD}"
    for locale, word in expected:
        yield f"search_word {locale} {word} is missing; {_REBUILD}"
    async with aclosing(verify_tags(session, _REBUILD)) as faults:
        async for each in faults:
            yield each


def _fault_of(content_types: Mapping[str, type[ContentType]], stored: StoredRevision) -> str:
    content_type = content_types.get(stored.content_type)
    if content_type is None:
        return ""  # nothing derives from a type that the site does not declare any more
    if stored.values is None or stored.version is None:
        return f"derived values are missing; {_REBUILD}"
    if stored.version != RENDERER:
        return f"another version of the renderer derived its values; {_REBUILD}"
    try:
        derived = derived_of(content_type, stored.content, stored.path)
    except (SiteError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"nothing can be derived from its content: {error}"
    columns = differences(stored.values, derived)
    return f"its content gives another {', '.join(columns)}" if columns else ""


def _stored(row: AnyRow, links: Mapping[tuple[str, int], LinkPlace]) -> StoredRevision:
    values = row._asdict()
    has_values = values["version"] is not None and values["title_words"] is not None
    return StoredRevision(
        id=values["revision_id"],
        content_type=values["content_type"],
        content=values["content"],
        path=values["path"],
        version=values["version"],
        values=(
            DerivedValues(**{name: values[name] for name in _COLUMNS}, links=links)
            if has_values
            else None
        ),
    )


async def _count_words(session: ReadSession, progress: Callable[[int], object]) -> WordCounts:
    """Return the numbers of public editions with each word that is counted."""
    counts = WordCounts()
    chosen = (
        select(Publication.id, Publication.locale, SearchDocument.shown)
        .join(SearchDocument, SearchDocument.revision_id == Publication.revision_id)
        .where(is_public_now(Publication), is_of_site(Publication.content_type))
    )
    async with aclosing(batches(session, chosen, Publication.id)) as found:
        async for rows in found:
            for row in rows:
                counts.add(row.locale, row.shown)
            progress(len(rows))
    return counts


async def _locales(session: ReadSession) -> set[str]:
    return set(await session.scalars(select(SearchWord.locale).distinct()))


async def _stored_words(
    session: ReadSession, locale: str
) -> AsyncGenerator[list[tuple[Any, set[str]]]]:
    """Yield the stored words of a locale, each with its stored grams, some hundred at once."""
    numbers = (SearchWord.grams, SearchWord.editions, SearchWord.titles)
    chosen = select(SearchWord.word, SearchWord.folded, *numbers).where(SearchWord.locale == locale)
    async with aclosing(batches(session, chosen, SearchWord.word)) as found:
        async for rows in found:
            of_words: dict[str, set[str]] = {}
            stored = await session.execute(
                select(SearchGram.word, SearchGram.gram).where(
                    SearchGram.locale == locale,
                    SearchGram.word >= rows[0].word,
                    SearchGram.word <= rows[-1].word,
                )
            )
            for word, gram in stored:
                of_words.setdefault(word, set()).add(gram)
            yield [(row, of_words.get(row.word, set())) for row in rows]
