"""Publications repeat the values of indexed fields, and keys of texts, which ignore case."""

from __future__ import annotations

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Choice, Computed, Date, Decimal, Email, Markdown, Number, Text, Url
from cms.reading.public_fields import public_fields


class Camera(ContentType, path="/cameras/{slug}"):
    """Has indexed fields, and others."""

    body = Markdown()
    maker = Text(indexed=True)
    colour = Text()
    manual = Url(indexed=True)
    contact = Email(indexed=True)
    weight = Number(indexed=True)
    price = Decimal(indexed=True)
    sold_since = Date(indexed=True)
    mount = Choice(choices=("F", "K"), indexed=True)
    initial = Computed(of=Text(), from_=lambda values: str(values["title"])[:1], indexed=True)


def test_they_are_those_of_indexed_fields_with_keys_of_texts() -> None:
    fields: JsonObject = {
        "body": "Words",
        "maker": "ÉCLAIR İ ς",
        "colour": "Red",
        "manual": "https://A.test/B",
        "contact": "A@b.test",
        "weight": 4.5,
        "price": "14.50",
        "sold_since": "1943-01-01",
        "mount": "K",
        "initial": "Q",
        "gone": "x",
    }
    assert public_fields(Camera, {"fields": fields}) == {
        "maker": "ÉCLAIR İ ς",
        "maker/key": "éclair i σ",
        "manual": "https://A.test/B",
        "manual/key": "https://a.test/b",
        "contact": "A@b.test",
        "contact/key": "a@b.test",
        "weight": 4.5,
        "price": "14.50",
        "sold_since": "1943-01-01",
        "mount": "K",
        "initial": "Q",
        "initial/key": "q",
    }


def test_a_field_without_a_value_is_left_out() -> None:
    assert public_fields(Camera, {"fields": {"body": "Words", "maker": None}}) is None
    assert public_fields(Camera, {"fields": {"maker": "", "weight": 0}}) == {
        "maker": "",
        "maker/key": "",
        "weight": 0,
    }
    assert public_fields(Camera, {}) is None  # that of a purged revision
