"""Properties of https://schema.org whose values are things of their own, or words of its lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cms.content.fields import Choice, Decimal, Field, List, Number
from cms.content.fields.computed import shown_as

# The things that are named by a text, by property. A text is the value of most other properties.
NAMED_THINGS: Mapping[str, str] = {
    **dict.fromkeys(("author", "creator", "contributor", "editor"), "Person"),
    **dict.fromkeys(("brand",), "Brand"),
    **dict.fromkeys(
        ("manufacturer", "maintainer", "producer", "provider", "publisher", "sponsor"),
        "Organization",
    ),
    **dict.fromkeys(("seller",), "Organization"),
}
# Properties of what is offered for a price, rather than of the thing itself.
OFFER_PROPERTIES = frozenset(
    {
        *("availability", "availabilityEnds", "availabilityStarts", "itemCondition", "price"),
        *("priceCurrency", "priceValidUntil", "seller"),
    }
)
# The words of schema.org's own lists, by property.
LISTED_WORDS: Mapping[str, tuple[str, ...]] = {
    "availability": (
        *("BackOrder", "Discontinued", "InStock", "InStoreOnly", "LimitedAvailability"),
        *("MadeToOrder", "OnlineOnly", "OutOfStock", "PreOrder", "PreSale", "Reserved"),
        "SoldOut",
    ),
    "itemCondition": (
        *("DamagedCondition", "NewCondition", "RefurbishedCondition", "UsedCondition"),
    ),
}
_CURRENCY = re.compile("[A-Z]{3}")


def is_in_offer(type_: str, property_: str) -> bool:
    """Return whether a property is one of an offer of a thing of this type."""
    return property_ in OFFER_PROPERTIES and not type_.endswith(("Offer", "Demand"))


def listed_word(property_: str, choice: str) -> str | None:
    """Return the word of schema.org's list that a choice is; ``None`` if it is none.

    ``IN_STOCK`` is ``InStock``; the end of ``NewCondition`` can be left out.
    """
    name = "".join(word.capitalize() for word in choice.split("_"))
    words = LISTED_WORDS.get(property_, ())
    return next((each for each in words if each in {name, f"{name}Condition"}), None)


def currency_of(field: Field) -> str:
    """Return the currency of a price (ISO 4217), which is its unit; empty if it has none."""
    shown = shown_as(field)
    unit = shown.unit if isinstance(shown, Decimal | Number) else ""
    return unit if _CURRENCY.fullmatch(unit) else ""


def faults_of_properties(type_: str, fields: Mapping[str, Field]) -> Iterator[tuple[str, str]]:
    """Yield the fields that cannot be the property that they declare, each with the reason.

    Args:
        type_: the schema.org type of the content type.
        fields: the fields by name.
    """
    declared = {each.schema_org for each in fields.values()}
    for name, field in fields.items():
        shown = shown_as(field)
        if is_in_offer(type_, field.schema_org) and isinstance(shown, List):
            yield name, f"schema_org={field.schema_org!r} must have one value and no list"
        elif field.schema_org == "price" and not (
            currency_of(field) or "priceCurrency" in declared
        ):
            yield (
                name,
                (
                    'schema_org="price" requires a currency: a Decimal with unit="EUR", or a field '
                    'with schema_org="priceCurrency"'
                ),
            )
        elif isinstance(shown, Choice) and field.schema_org in LISTED_WORDS:
            for choice in shown.choices:
                if listed_word(field.schema_org, choice) is None:
                    known = ", ".join(LISTED_WORDS[field.schema_org])
                    yield name, f"{choice!r} is no {field.schema_org} of schema.org: {known}"
