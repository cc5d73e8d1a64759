"""Short transactions of an import let other writers in between."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from cms.importing import transactions
from cms.importing.transactions import ShortTransactions


def desk(*, is_file: bool) -> Any:
    database = SimpleNamespace(is_file=is_file)
    return SimpleNamespace(work=lambda _actor: nullcontext(), database=database)


@pytest.mark.parametrize(
    ("lengths", "pauses_after"),
    [([1.0], [1]), ([0.1, 0.1, 0.1, 0.1], [3]), ([0.1], []), ([0.3, 0.1, 0.3], [1, 3])],
)
@pytest.mark.parametrize("is_file", [True, False])
async def test_there_is_a_pause_after_some_time_in_transactions_on_a_file(
    lengths: list[float], pauses_after: list[int], monkeypatch: pytest.MonkeyPatch, *, is_file: bool
) -> None:
    now, done, pauses = 0.0, 0, list[int]()

    async def pause(_seconds: float) -> None:
        pauses.append(done)

    monkeypatch.setattr(transactions, "asyncio", SimpleNamespace(sleep=pause))
    monkeypatch.setattr(transactions, "monotonic", lambda: now)
    short = ShortTransactions(desk(is_file=is_file))
    for length in lengths:
        async with short.work():
            now += length
            done += 1
    assert pauses == (pauses_after if is_file else [])
