"""Updates of the words of public editions and of the numbers of editions that contain them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import TableValuedAlias, bindparam, delete, insert, select, true, update

from cms.content.canonical_json import Json, JsonObject
from cms.ledger.chain import ignore_progress
from cms.ledger.counters import wait_for_turn
from cms.reading.periods import is_public_now
from cms.reading.visibility import is_of_site
from cms.search.document import folded_and_word
from cms.search.spelling import grams_to_find, is_counted
from cms.search.tokens import fold
from cms.storage.database import WriteSession
from cms.storage.dialects import (
    JsonDocument,
    element_itself,
    element_json,
    element_number,
    element_text,
    elements_of,
    is_among,
    upsert,
)
from cms.tables import Publication, SearchDocument, SearchGram, SearchWord

# A locale and a word.
Spelling: TypeAlias = tuple[str, str]
# Numbers of editions: those that have a word, and those with it in their title or summary.
Numbers: TypeAlias = tuple[int, int]
# Number of editions whose texts are in memory at once.
_EDITIONS = 100
_TITLES = ("title", "summary")


class WordCounts:
    """The numbers of editions by their words, which can be negative for changes."""

    def __init__(self) -> None:
        self._editions: Counter[Spelling] = Counter()
        self._titles: Counter[Spelling] = Counter()

    def add(self, locale: str, shown: Mapping[str, Json], times: int = 1) -> None:
        """Add the words of a document, a number of times."""
        for word in words_in(shown):
            self._editions[locale, word] += times
        for word in words_in({part: shown[part] for part in _TITLES if part in shown}):
            self._titles[locale, word] += times

    def numbers(self) -> dict[Spelling, Numbers]:
        """Return the numbers that are not zero, by word."""
        found = ((each, (self._editions[each], self._titles[each])) for each in self._editions)
        return {each: numbers for each, numbers in found if numbers != (0, 0)}


async def change_word_counts(session: WriteSession, changes: Mapping[str, int]) -> None:
    """Change the counts of words by the words of publications.

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
    counts = WordCounts()
    for publication_id, locale, shown in rows:
        counts.add(locale, shown, changes[publication_id])
    await _add(session, counts.numbers())


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
    """Return the words of a document that are counted, in lower case."""
    pieces = {
        folded_and_word(piece)
        for part in shown.values()
        if isinstance(part, list)
        for piece in part
        if isinstance(piece, list)
    }
    return {counted for piece in pieces if (counted := _counted(*piece))}


@lru_cache(maxsize=20_000)
def _counted(folded: str, word: str) -> str:
    return unicodedata.normalize("NFC", word).lower() if is_counted(word, folded) else ""


async def _add(session: WriteSession, changes: Mapping[Spelling, Numbers]) -> None:
    """Change the numbers of public editions that have the words; delete words that reach zero."""
    if added := {word: numbers for word, numbers in changes.items() if numbers[0] > 0}:
        await _raise(session, added)
    if others := {word: numbers for word, numbers in changes.items() if numbers[0] <= 0}:
        await _lower(session, others)


async def _raise(session: WriteSession, changes: Mapping[Spelling, Numbers]) -> None:
    words = _rows(
        {
            "locale": locale,
            "word": word,
            "folded": fold(word),
            "grams": len(_known_grams(fold(word))),
            "editions": editions,
            "titles": titles,
        }
        for (locale, word), (editions, titles) in sorted(changes.items())
    )
    columns = ("locale", "word", "folded")
    numbers = ("grams", "editions", "titles")
    chosen = select(
        *(element_text(words, name) for name in columns),
        *(element_number(words, name) for name in numbers),
    ).where(true())  # SQLite would take ON for that of a join
    inserted = upsert(SearchWord).from_select([*columns, *numbers], chosen)
    raised = inserted.on_conflict_do_update(
        index_elements=["locale", "word"],
        set_={
            name: getattr(SearchWord, name) + inserted.excluded[name]
            for name in ("editions", "titles")
        },
    ).returning(SearchWord.locale, SearchWord.word, SearchWord.editions)
    rows = await session.execute(raised)
    new = [(locale, word) for locale, word, count in rows if count == changes[locale, word][0]]
    if new:
        await _insert_grams(session, new)


async def _insert_grams(session: WriteSession, new: Iterable[Spelling]) -> None:
    """Insert the grams of new words."""
    words = _rows(
        {"locale": locale, "word": word, "grams": _known_grams(fold(word))} for locale, word in new
    )
    # Read once; otherwise, SQLite would read the JSON of a word for each of its grams.
    new_word = (
        select(
            element_text(words, "locale").label("locale"),
            element_text(words, "word").label("word"),
            element_json(words, "grams").label("grams"),
        )
        .cte("new_word")
        .prefix_with("MATERIALIZED")
    )
    gram = elements_of(new_word.c.grams, "gram")
    chosen = select(new_word.c.locale, element_itself(gram), new_word.c.word).select_from(
        new_word.join(gram, true())
    )
    await session.execute(insert(SearchGram).from_select(["locale", "gram", "word"], chosen))


async def _lower(session: WriteSession, changes: Mapping[Spelling, Numbers]) -> None:
    words = _rows(
        {"locale": locale, "word": word, "editions": editions, "titles": titles}
        for (locale, word), (editions, titles) in sorted(changes.items())
    )
    await session.execute(
        update(SearchWord)
        .where(
            SearchWord.locale == element_text(words, "locale"),
            SearchWord.word == element_text(words, "word"),
        )
        .values(
            editions=SearchWord.editions + element_number(words, "editions"),
            titles=SearchWord.titles + element_number(words, "titles"),
        )
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        delete(SearchWord)
        .where(
            SearchWord.locale.in_({locale for locale, _ in changes}),
            is_among(SearchWord.word, [word for _, word in changes]),
            SearchWord.editions <= 0,
        )
        .execution_options(synchronize_session=False)
    )


def _rows(rows: Iterable[JsonObject]) -> TableValuedAlias:
    """Return rows as one parameter, so that a statement has one text for any number of them."""
    return elements_of(bindparam(None, list(rows), JsonDocument), "words")


@lru_cache(maxsize=20_000)
def _known_grams(folded: str) -> Sequence[str]:
    return grams_to_find(folded)
