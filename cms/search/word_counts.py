"""Updates of the suggested words and of the numbers of public editions that contain them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from sqlalchemy import and_, bindparam, delete, insert, select, update

from cms.content.canonical_json import Json
from cms.ledger.chain import ignore_progress
from cms.ledger.counters import wait_for_turn
from cms.reading.visibility import is_of_site, is_public_now
from cms.search.document import folded_and_word
from cms.search.spelling import grams, is_suggested
from cms.search.tokens import fold
from cms.storage.database import WriteSession
from cms.storage.dialects import is_among
from cms.tables import Publication, SearchDocument, SearchGram, SearchWord

# A locale and a word.
Spelling: TypeAlias = tuple[str, str]
# Number of editions whose texts are in memory at once.
_EDITIONS = 100


async def change_word_counts(session: WriteSession, changes: Mapping[str, int]) -> None:
    """Change the counts of suggested words by the words of publications.

    Categories and people do not count, since searches leave them out.

    Args:
        session: the transaction.
        changes: change for each word of a publication, by its id: 1 if it began, -1 if it ended.
    """
    rows = await session.execute(
        select(Publication.id, Publication.locale, SearchDocument.shown)
        .join(SearchDocument, SearchDocument.revision_id == Publication.revision_id)
        .where(is_among(Publication.id, changes), is_of_site(Publication.content_type))
    )
    counts: Counter[Spelling] = Counter()
    for publication_id, locale, shown in rows:
        for word in words_in(shown):
            counts[locale, word] += changes[publication_id]
    await _add(session, {word: change for word, change in counts.items() if change})


async def recount_words(
    session: WriteSession, progress: Callable[[int], object] = ignore_progress
) -> None:
    """Count the words of all public editions again; publishing waits until the transaction ends.

    Args:
        session: the transaction.
        progress: called with the number of editions after each batch.
    """
    await wait_for_turn(session, "position")
    await session.execute(delete(SearchWord))
    public = select(Publication.id).where(is_public_now(Publication)).order_by(Publication.id)
    last = ""
    while batch := (
        await session.scalars(public.where(Publication.id > last).limit(_EDITIONS))
    ).all():
        await change_word_counts(session, dict.fromkeys(batch, 1))
        progress(len(batch))
        last = batch[-1]


def words_in(shown: Mapping[str, Json]) -> set[str]:
    """Return the words of a document that can be suggested, in lower case."""
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
    """Change the numbers of public editions that have the words; delete words that reach zero."""
    if not changes:
        return
    known = await _counts(session, changes)
    kept = {
        word: count + changes[word] for word, count in known.items() if count + changes[word] > 0
    }
    gone = [_key(word) for word in known.keys() - kept.keys()]
    new = {word: change for word, change in changes.items() if word not in known and change > 0}
    is_word = and_(
        SearchWord.locale == bindparam("of_locale"), SearchWord.word == bindparam("of_word")
    )
    connection = await session.connection()
    if gone:
        await connection.execute(delete(SearchWord).where(is_word), gone)
    if kept:
        counted = update(SearchWord).where(is_word).values(editions=bindparam("count"))
        rows = [{**_key(word), "count": count} for word, count in sorted(kept.items())]
        await connection.execute(counted, rows)
    if new:
        await _insert(session, new)


def _key(word: Spelling) -> Mapping[str, str]:
    return {"of_locale": word[0], "of_word": word[1]}


async def _counts(session: WriteSession, words: Iterable[Spelling]) -> Mapping[Spelling, int]:
    """Return the numbers of public editions of those words that are stored."""
    wanted = set(words)
    rows = await session.execute(
        select(SearchWord.locale, SearchWord.word, SearchWord.editions).where(
            SearchWord.locale.in_({locale for locale, _ in wanted}),
            is_among(SearchWord.word, [word for _, word in wanted]),
        )
    )
    return {(locale, word): count for locale, word, count in rows if (locale, word) in wanted}


async def _insert(session: WriteSession, counts: Mapping[Spelling, int]) -> None:
    of_words = {(locale, word): grams(fold(word)) for locale, word in counts}
    await session.execute(
        insert(SearchWord),
        [
            {
                "locale": locale,
                "word": word,
                "folded": fold(word),
                "grams": len(of_word),
                "editions": counts[locale, word],
            }
            for (locale, word), of_word in of_words.items()
        ],
    )
    await session.execute(
        insert(SearchGram),
        [
            {"locale": locale, "gram": gram, "word": word}
            for (locale, word), of_word in of_words.items()
            for gram in of_word
        ],
    )
