"""Ids say what they name, are in the order of time, and are made in one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cms import identifiers
from cms.identifiers import kind_of, new_id


def test_an_id_says_what_it_names() -> None:
    assert kind_of(new_id("entry")) == "entry"


def test_no_two_ids_are_the_same() -> None:
    assert len({new_id("rev") for _ in range(10_000)}) == 10_000


def test_ids_are_in_the_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = []
    for step in (0, 1, 1_000, 10**9, 10**12):
        moment = start + timedelta(milliseconds=step)
        monkeypatch.setattr(identifiers, "now", lambda moment=moment: moment)
        made.append(new_id("entry"))
    assert made == sorted(made)


@pytest.mark.parametrize(
    "text", ["", "entry", "entry_", "entry_0", "other_" + "0" * 26, "entry_" + "U" * 26]
)
def test_what_is_no_id_has_no_kind(text: str) -> None:
    assert kind_of(text) is None
