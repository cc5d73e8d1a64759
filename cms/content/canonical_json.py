"""Canonical JSON and the digest of content.

Canonical JSON is that of RFC 8785 (JSON Canonicalization Scheme), so that programs in any language
compute the same digest of the same content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import orjson
import rfc8785

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"  # a JSON value
)
JsonObject: TypeAlias = Mapping[str, Json]

_encode_plain = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


# The largest integer that has a canonical form.
_LARGEST = 2**53 - 1


def canonical_bytes(value: Json) -> bytes:
    """Return the canonical JSON of a value, in UTF-8.

    Raises:
        ValueError: if it has NaN, infinity, an integer beyond 2**53, or text with a lone surrogate,
            which have no canonical form.
    """
    if _is_plain(value):
        return plain_canonical_bytes(value)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from None


def plain_canonical_bytes(value: Json) -> bytes:
    """Return the canonical JSON of a value without floats, with ASCII keys, several times faster.

    The caller has to ensure that integers are within 2**53.

    Raises:
        ValueError: if it has text with a lone surrogate.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested too deeply for it, a lone surrogate, or not a plain dict
        return _encode_plain(value).encode()


def _is_plain(value: Json) -> bool:
    """Return whether :func:`plain_canonical_bytes` can be called with a value.

    The numbers and keys that it leaves to RFC 8785 have a form and an order of their own.
    """
    rest = [value]
    while rest:
        each: Any = rest.pop()
        kind = type(each)
        if kind is str or each is None or kind is bool:
            continue
        if kind is dict:
            try:
                names = "".join(each)
            except TypeError:  # a key that is no text
                return False
            if not names.isascii():
                return False
            rest.extend(each.values())
        elif kind is list or kind is tuple:
            rest.extend(each)
        elif kind is not int or not -_LARGEST <= each <= _LARGEST:
            return False
    return True


def digest_of(value: Json) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def is_same(one: Json, other: Json) -> bool:
    """Return whether two JSON values are the same; unlike for ``==``, true is not 1.

    A loop, since syntax trees are nested too deeply for a recursion.
    """
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if left is right:
            continue
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            if left.keys() != right.keys():
                return False
            pairs += [(value, right[name]) for name, value in left.items()]
        elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif left != right or isinstance(left, bool) is not isinstance(right, bool):
            return False
    return True
