"""The public entries are counted now and then."""

from __future__ import annotations

import asyncio
from dataclasses import astuple

import pytest

from cms.reading import site_size
from cms.reading.site_size import KnownSize, SiteSize
from cms.storage.database import ReadSession
from tests.builders import Newsroom


async def test_what_is_public_is_counted_by_type(newsroom: Newsroom) -> None:
    await newsroom.published(title="One", slug="one")
    await newsroom.published(title="Two", slug="two")
    await newsroom.draft(title="Three", slug="three")
    size = await KnownSize(newsroom.database).current()
    assert size.entries == {"Article": 2, "Person": 7}
    assert size.editions == sum(size.entries.values())


async def test_it_is_counted_anew_beside_what_asks_for_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownSize(newsroom.database)
    await known.current()
    await known.close()
    before = await known.current()
    assert before.entries == {"Person": 7}
    await newsroom.published(title="One", slug="one")
    assert await known.current() == before
    monkeypatch.setattr(site_size, "_FRESH", -1.0)
    assert await known.current() == before
    await known.close()
    monkeypatch.undo()
    after = await known.current()
    assert after.entries == {**before.entries, "Article": 1}
    assert after.position == before.position + 1


async def test_common_words_are_counted_without_case_and_accents(newsroom: Newsroom) -> None:
    await newsroom.published(title="Crème brûlée", slug="one")
    await newsroom.published(title="Creme 2026", slug="two")
    known = KnownSize(newsroom.database)
    await known.current()
    await known.close()
    size = await known.current()
    # Two articles among nine public editions.
    assert size.words["creme"].editions == pytest.approx(2 / 9)
    assert size.words["brulee"].editions == pytest.approx(1 / 9)
    assert size.words["2026"].editions == pytest.approx(1 / 9)
    assert size.beginnings["cre"].editions == pytest.approx(2 / 9)


async def test_common_words_of_titles_and_summaries_are_counted_by_themselves(
    newsroom: Newsroom,
) -> None:
    await newsroom.published(title="Cream", slug="one", body="Sugar and cream.")
    await newsroom.published(title="Cake", slug="two", summary="Sugar.")
    known = KnownSize(newsroom.database)
    await known.current()
    await known.close()
    size = await known.current()
    assert astuple(size.words["sugar"]) == pytest.approx((2 / 9, 1 / 9))
    assert astuple(size.words["cream"]) == pytest.approx((1 / 9, 1 / 9))
    assert astuple(size.beginnings["and"]) == pytest.approx((1 / 9, 0))


async def test_no_request_waits_for_the_words(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, may_end = asyncio.Event(), asyncio.Event()

    async def measure_words(session: ReadSession, size: SiteSize) -> SiteSize:
        is_asked.set()
        await may_end.wait()
        return await site_size_words(session, size)

    site_size_words = site_size.measure_words
    monkeypatch.setattr(site_size, "measure_words", measure_words)
    await newsroom.published(title="Creme", slug="one")
    known = KnownSize(newsroom.database)
    first = await known.current()
    assert (first.entries["Article"], first.words) == (1, {})
    await is_asked.wait()
    may_end.set()
    await known.close()
    assert (await known.current()).words["creme"].editions == pytest.approx(1 / 8)


async def test_words_stay_when_only_the_size_is_measured_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await newsroom.published(title="Creme", slug="one")
    known = KnownSize(newsroom.database)
    await known.current()
    await known.close()
    before = await known.current()
    monkeypatch.setattr(site_size, "_FRESH", -1.0)
    await newsroom.published(title="Creme", slug="two")
    await known.current()
    await known.close()
    monkeypatch.undo()
    after = await known.current()
    assert after.entries["Article"] == 2
    assert after.words == before.words
