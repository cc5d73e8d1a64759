"""The public entries are counted now and then."""

from __future__ import annotations

import pytest

from cms.reading import site_size
from cms.reading.site_size import KnownSize
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
    await newsroom.published(title="Creme", slug="two")
    size = await KnownSize(newsroom.database).current()
    # Two articles among nine public editions.
    assert size.words["creme"] == pytest.approx(2 / 9)
    assert size.words["brulee"] == pytest.approx(1 / 9)
    assert size.beginnings["cre"] == pytest.approx(2 / 9)
