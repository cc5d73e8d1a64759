"""Short transactions of an import let other writers in between."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cms.importing import transactions
from cms.importing.transactions import ShortTransactions

DESK = cast("Any", SimpleNamespace(work=lambda _actor: nullcontext()))


@pytest.mark.parametrize(
    ("lengths", "pauses_after"),
    [([1.0], [1]), ([0.1, 0.1, 0.1, 0.1], [3]), ([0.1], []), ([0.3, 0.1, 0.3], [1, 3])],
)
async def test_there_is_a_pause_after_some_time_in_transactions(
    lengths: list[float], pauses_after: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, done, pauses = 0.0, 0, list[int]()

    async def pause(_seconds: float) -> None:
        pauses.append(done)

    monkeypatch.setattr(transactions, "asyncio", SimpleNamespace(sleep=pause))
    monkeypatch.setattr(transactions, "monotonic", lambda: now)
    short = ShortTransactions(DESK)
    for length in lengths:
        async with short.work():
            now += length
            done += 1
    assert pauses == pauses_after
