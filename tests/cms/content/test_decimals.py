"""A decimal has one text with all its places, whatever it is written as."""

from __future__ import annotations

import decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.fields import Decimal
from cms.content.fields.base import Problems
from cms.content.fields.decimals import decimal_of
from cms.errors import SiteError


def cleaned(field: Decimal, value: Any) -> tuple[Any, list[str]]:
    """Return the stored value, and what is wrong with it."""
    problems: Problems = []
    stored = field.clean(value, ("price",), problems)
    return stored, [each.message for each in problems]


@given(st.integers(-(10**16) + 1, 10**16 - 1), st.integers(0, 15))
def test_a_number_is_stored_with_all_its_places(units: int, places: int) -> None:
    field = Decimal(digits=16, places=places)
    number = decimal.Decimal(units).scaleb(-places)
    stored, problems = cleaned(field, f"{number:f}")
    assert problems == []
    assert decimal.Decimal(stored) == number
    assert len(stored.partition(".")[2]) == places
    assert cleaned(field, stored) == (stored, [])
    assert cleaned(field, number) == (stored, [])
    assert field.to_named(stored) == field.canonical(f"{number:f}") == stored


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_float_is_stored_only_if_its_shortest_form_has_no_more_places(number: float) -> None:
    stored, problems = cleaned(Decimal(), number)
    if problems:
        assert stored is None
    else:
        assert float(stored) == number


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, None),
        ("", None),
        ("-0", "0.00"),
        (-0.0, "0.00"),
        ("0.1", "0.10"),
        (7, "7.00"),
        (0.1, "0.10"),
        ("-12.50000", "-12.50"),
    ],
)
def test_the_text_of_a_value(value: Any, stored: str | None) -> None:
    assert cleaned(Decimal(), value) == (stored, [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("19.905", "expected at most 10 digits before the point and 2 after it"),
        (19.905, "expected at most 10 digits before the point and 2 after it, not a number"),
        ("10000000000", "expected at most 10 digits before the point"),
        (10**400, "expected a decimal number as text"),
        (decimal.Decimal("1e999999"), "expected a decimal number as text"),
        (decimal.Decimal("NaN"), "expected a decimal number as text"),
        ("1,50", 'expected a decimal number as text, such as "1.00"'),
        ("1e2", "expected a decimal number as text"),
        ("01.50", "expected a decimal number as text"),
        ("\u0661", "expected a decimal number as text"),
        (True, "expected a decimal number as text"),
        (["1"], "expected a decimal number as text"),
        ("-1", "expected at least 0.01"),
        ("0", "expected at least 0.01"),
        ("1000.01", "expected at most 1000"),
    ],
)
def test_another_value_is_refused(value: Any, message: str) -> None:
    stored, (problem,) = cleaned(Decimal(least="0.01", most=1000), value)
    assert stored is None
    assert problem.startswith(message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"digits": 17}, "at most 16 digits"),
        ({"digits": 0, "places": 0}, "digits=0 and places=0 are not possible"),
        ({"digits": 2, "places": 3}, "digits=2 and places=3 are not possible"),
        ({"digits": 16, "places": 16}, "at most 15 after the point"),
        ({"places": -1}, "places=-1"),
        ({"least": "0.001"}, "least='0.001' is no value of the field"),
        ({"most": "much"}, "most='much' is no value of the field"),
    ],
)
def test_a_declaration_that_no_value_fits_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(SiteError, match=message):
        Decimal(**settings)


def test_a_long_text_is_no_number_and_costs_nothing() -> None:
    for text in ("9" * 10_000_000, "0." + "0" * 10_000_000, "1" + ".1" * 5_000_000):
        assert decimal_of(text) is None
