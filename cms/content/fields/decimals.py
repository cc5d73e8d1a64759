"""Exact decimals: prices, doses, rates."""

from __future__ import annotations

import decimal
import re
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, expected_instead
from cms.errors import InvalidValue, SiteError

# The most digits that a database compares and sums up exactly; see cms.storage.dialects.decimals.
MOST_DIGITS = 16

# A number of JSON without an exponent, as in cms.storage.dialects.decimals.
_WRITTEN = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?")
_LONGEST = 40  # digits on each side of the point


@dataclass(eq=False, kw_only=True)
class Decimal(Scalar):
    """A number with a fixed number of decimal places, stored as text: ``"19.90"``.

    It is compared, sorted and summed up without binary fractions. A value that was stored with
    fewer places, or as a number or text, is the same number, and is shown with the places that are
    declared now.

    Attributes:
        digits: the most digits of a value, with those after the point: at most 16.
        places: the number of digits after the point: at most 15.
        unit: what it counts, for the schema; of a price, the currency (ISO 4217): ``"EUR"``.
        least: the smallest value allowed, as text: ``"0.01"``.
        most: the largest value allowed.
    """

    digits: int = 12
    places: int = 2
    unit: str = ""
    least: str | int | None = None
    most: str | int | None = None

    def __post_init__(self) -> None:
        is_one = 1 <= self.digits <= MOST_DIGITS and 0 <= self.places < MOST_DIGITS
        if not is_one or self.places > self.digits:
            raise SiteError(
                f"a Decimal has at most {MOST_DIGITS} digits, of which at most {MOST_DIGITS - 1} "
                f"after the point; digits={self.digits} and places={self.places} are not possible"
            )
        for name, limit in (("least", self.least), ("most", self.most)):
            if limit is not None and self.canonical(limit) is None:
                raise SiteError(
                    f"{name}={limit!r} is no value of the field; use text such as "
                    f'"{self._text(decimal.Decimal(1))}"'
                )

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check the digits and the range, and write the value with all its places."""
        if value is None or value == "":
            return None
        number = decimal_of(value)
        if reason := self._wrong_with(number):
            problems.append(InvalidValue(message=expected_instead(reason, value), path=path))
            return None
        return self._text(number) if number is not None else None

    def canonical(self, value: Json) -> str | None:
        """Return the one text of a value; ``None`` if it is no number with these places."""
        number = decimal_of(value)
        is_number = number is not None and self._holds(number, MOST_DIGITS)
        return self._text(number) if number is not None and is_number else None

    def to_named(self, value: Json, *, is_draft: bool = False) -> Json:
        """Return a stored value with the declared places; as text if they cannot hold it."""
        del is_draft
        text = self.canonical(value)
        if text is None and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        return value if text is None else text

    def _wrong_with(self, number: decimal.Decimal | None) -> str:
        if number is None:
            return f'a decimal number as text, such as "{self._text(decimal.Decimal(1))}"'
        if not self._holds(number, self.digits):
            return (
                f"at most {self.digits - self.places} digits before the point and "
                f"{self.places} after it"
            )
        if self.least is not None and number < decimal.Decimal(self.least):
            return f"at least {self.least}"
        if self.most is not None and number > decimal.Decimal(self.most):
            return f"at most {self.most}"
        return ""

    def _holds(self, number: decimal.Decimal, digits: int) -> bool:
        units = number.scaleb(self.places, _EXACT)
        return units == units.to_integral_value(context=_EXACT) and abs(units) < 10**digits

    def _text(self, number: decimal.Decimal) -> str:
        last_place = decimal.Decimal(1).scaleb(-self.places)
        # Zero has no sign.
        return f"{number.quantize(last_place, context=_EXACT) + 0:f}"


# Enough for all numbers that ``decimal_of`` returns.
_EXACT = decimal.Context(prec=400)


def decimal_of(value: object) -> decimal.Decimal | None:
    """Return the number that a value is, exactly as it is written; ``None`` if it is none.

    Texts are numbers of JSON without an exponent. A float is the shortest number that is read as
    it, and none if that has an exponent: below 0.0001.
    """
    if isinstance(value, decimal.Decimal):
        # Its text has a digit for each power of ten.
        is_short = value.is_finite() and abs(value.adjusted()) < _LONGEST
        return decimal_of(f"{value:f}") if is_short else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int):
        # Python refuses to write integers with many digits.
        return decimal.Decimal(value) if abs(value) < 10**MOST_DIGITS else None
    written = value if isinstance(value, str) else repr(value)
    return decimal.Decimal(written) if _WRITTEN.fullmatch(written) else None
