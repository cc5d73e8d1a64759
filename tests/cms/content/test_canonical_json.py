"""The same content has the same digest, in whatever order and language it is written."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cms.content.canonical_json import JsonObject, canonical_bytes, digest_of

PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
    max_leaves=10,
)


def test_the_example_of_the_specification() -> None:
    # RFC 8785, section 3.2.2 and 3.2.3.
    value: JsonObject = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical_bytes(value) == (
        b'{"literals":[null,true,false],'
        b'"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_a_digest_is_sha256_in_hexadecimal() -> None:
    # printf '{}' | sha256sum
    expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest_of({}) == expected


@given(st.dictionaries(PLAIN_TEXT, JSON, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    reordered = dict(reversed(value.items()))
    assert digest_of(value) == digest_of(reordered)  # type: ignore[arg-type]  # it is JSON


@given(JSON | st.dictionaries(st.text('ab\x00\x1f\x7f"\\\u2028é/', max_size=3), JSON))
def test_every_value_has_the_form_of_the_specification(value: JsonObject) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


def test_a_deep_value_has_a_form() -> None:
    value: JsonObject = {}
    for _ in range(300):
        value = {"a": [value]}
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_json_cannot_say_has_no_digest(value: float | str) -> None:
    with pytest.raises(ValueError, match=r"."):
        digest_of(value)
