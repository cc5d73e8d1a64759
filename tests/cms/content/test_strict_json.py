"""What two programs could read differently is not read."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.canonical_json import canonical_bytes
from cms.content.strict_json import check_unique_keys, in_doubles, read_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_a_value_is_read_as_it_was_written(value: object) -> None:
    assert read_json(json.dumps(value)) == in_doubles(value)  # type: ignore[arg-type]  # it is JSON


@pytest.mark.parametrize(("number", "spelled"), [(2**53, b"9007199254740992"), (10**25, b"1e+25")])
def test_an_integer_that_is_too_large_is_a_double(number: int, spelled: bytes) -> None:
    assert canonical_bytes(read_json(str(number))) == spelled
    assert canonical_bytes(in_doubles({"x": [number]})) == b'{"x":[%b]}' % spelled


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "{", "[1,]", "NaN", "[Infinity]", "1 2"),
        *('{"a": 1, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]'),
        *("[" * 100_000, "1" * 400, "1" * 5_000),
        b"\xff",
    ],
    ids=lambda text: str(text[:20]),
)
def test_what_is_not_strict_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'[{"b":{"a":1,"\\u0061":2}}]',
        b'{"a":"x","a":1}',
        b'{"a":"\\\\","a":"\\""}',
        b'{"a":{"b":"\\""},"a":"\\\\"}',
        b'{"\\"":1,"\\u0022":"1"}',
    ],
)
def test_a_key_that_comes_twice_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"repeated"):
        check_unique_keys(text, orjson.loads(text))


@given(json_values, json_values, st.text())
def test_a_key_with_any_two_values_is_refused(first: object, second: object, key: str) -> None:
    name, one, other = (json.dumps(each) for each in (key, first, second))
    text = f"[{{{name}:{one},{name}:{other}}}]".encode()
    with pytest.raises(ValueError, match=r"repeated"):
        check_unique_keys(text, json.loads(text))


@given(json_values)
def test_keys_that_differ_are_not_refused(value: object) -> None:
    check_unique_keys(json.dumps(value).encode(), value)  # type: ignore[arg-type]  # it is JSON
