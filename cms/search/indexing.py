"""Updates of the search index when revisions are saved, published and unpublished."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import and_, delete, insert, select, update

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.search.document import document_of, folded_and_word
from cms.search.spelling import grams, is_suggested
from cms.search.tokens import fold
from cms.site import Site
from cms.storage.database import WriteSession
from cms.tables import (
    Edition,
    Entry,
    Publication,
    Revision,
    SearchDocument,
    SearchGram,
    SearchWord,
)

# A word of a language.
Spelling: TypeAlias = tuple[str, str]
# How many rows are read or named at once.
_BATCH = 500


async def index_revision(
    session: WriteSession, content_type: type[ContentType], revision: Revision
) -> None:
    """Add a new revision to the index."""
    document = document_of(content_type, revision.content, revision.rendered)
    await session.execute(
        insert(SearchDocument).values(
            revision_id=revision.id,
            title=document.words["title"],
            summary=document.words["summary"],
            body=document.words["body"],
            title_words=document.title_words,
            shown=document.shown,
        )
    )


async def count_words(
    session: WriteSession, opened: Iterable[Publication], closed: Iterable[Publication]
) -> None:
    """Update the words for suggestions after a publication or its end."""
    changes: Counter[Spelling] = Counter()
    for publications, change in ((opened, 1), (closed, -1)):
        locales = {each.revision_id: each.locale for each in publications}
        rows = await session.execute(
            select(SearchDocument.revision_id, SearchDocument.shown).where(
                SearchDocument.revision_id.in_(locales)
            )
        )
        for revision_id, shown in rows:
            for word in _words_in(shown):
                changes[locales[revision_id], word] += change
    await _add(session, {word: change for word, change in changes.items() if change})


async def rebuild_search(session: WriteSession, site: Site) -> int:
    """Rebuild the index of all revisions, and return their number."""
    await session.execute(delete(SearchWord))
    await session.execute(delete(SearchDocument))
    count = 0
    async for revision, content_type in _revisions(session):
        await index_revision(session, site.content_type(content_type), revision)
        session.expunge(revision)
        count += 1
    public = await session.scalars(select(Publication).where(Publication.ended_position.is_(None)))
    for each in public.all():
        await count_words(session, [each], [])
    return count


async def _revisions(session: WriteSession) -> AsyncIterator[tuple[Revision, str]]:
    """Yield all revisions in batches, each with the name of its content type."""
    last = ""
    while True:
        rows = await session.execute(
            select(Revision, Entry.content_type)
            .join(Edition, Edition.id == Revision.edition_id)
            .join(Entry, Entry.id == Edition.entry_id)
            .where(Revision.id > last)
            .order_by(Revision.id)
            .limit(_BATCH)
        )
        batch = rows.all()
        for revision, content_type in batch:
            yield revision, content_type
            last = revision.id
        if len(batch) < _BATCH:
            return


def _words_in(shown: Mapping[str, Json]) -> set[str]:
    """Return the words of a document for suggestions, in their original form."""
    return {
        unicodedata.normalize("NFC", word).lower()
        for part in shown.values()
        for folded, word in map(folded_and_word, _pieces(part))
        if is_suggested(word, folded)
    }


def _pieces(part: Json) -> Iterator[list[Json]]:
    if isinstance(part, list):
        yield from (piece for piece in part if isinstance(piece, list))


async def _add(session: WriteSession, changes: Mapping[Spelling, int]) -> None:
    """Add to the counts of public words, and delete words without public occurrences."""
    by_change: dict[tuple[str, int], list[str]] = {}
    for (locale, word), change in sorted(changes.items()):
        by_change.setdefault((locale, change), []).append(word)
    for (locale, change), words in by_change.items():
        for start in range(0, len(words), _BATCH):
            await _add_to(session, locale, words[start : start + _BATCH], change)


async def _add_to(session: WriteSession, locale: str, words: Sequence[str], change: int) -> None:
    these = and_(SearchWord.locale == locale, SearchWord.word.in_(words))
    known = set(await session.scalars(select(SearchWord.word).where(these)))
    if change < 0:
        rare = and_(these, SearchWord.editions <= -change)
        await session.execute(delete(SearchWord).where(rare))
    await session.execute(
        update(SearchWord).where(these).values(editions=SearchWord.editions + change)
    )
    new = [word for word in words if word not in known]
    if change > 0 and new:
        await _insert(session, locale, new, change)


async def _insert(session: WriteSession, locale: str, words: Sequence[str], editions: int) -> None:
    of_words = {word: grams(fold(word)) for word in words}
    await session.execute(
        insert(SearchWord),
        [
            {
                "locale": locale,
                "word": word,
                "folded": fold(word),
                "grams": len(of_word),
                "editions": editions,
            }
            for word, of_word in of_words.items()
        ],
    )
    await session.execute(
        insert(SearchGram),
        [
            {"locale": locale, "gram": gram, "word": word}
            for word, of_word in of_words.items()
            for gram in of_word
        ],
    )
