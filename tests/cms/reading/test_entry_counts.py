"""The public entries are counted now and then."""

from __future__ import annotations

import pytest

from cms.reading import entry_counts
from cms.reading.entry_counts import EntryCounts
from tests.builders import Newsroom


async def test_what_is_public_is_counted_by_type(newsroom: Newsroom) -> None:
    await newsroom.published(title="One", slug="one")
    await newsroom.published(title="Two", slug="two")
    await newsroom.draft(title="Three", slug="three")
    counts = await EntryCounts(newsroom.database).current()
    assert counts == {"Article": 2, "Person": 7}


async def test_it_is_counted_anew_beside_what_asks_for_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = EntryCounts(newsroom.database)
    before = {"Person": 7}
    assert await counts.current() == before
    await newsroom.published(title="One", slug="one")
    assert await counts.current() == before
    monkeypatch.setattr(entry_counts, "_FRESH", -1.0)
    assert await counts.current() == before
    await counts.close()
    monkeypatch.undo()
    assert await counts.current() == {**before, "Article": 1}
