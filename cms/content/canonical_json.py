"""Canonical JSON and the digest of content.

Canonical JSON is that of RFC 8785 (JSON Canonicalization Scheme), so that programs in any language
compute the same digest of the same content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"  # a JSON value
)
JsonObject: TypeAlias = Mapping[str, Json]

_encode_plain = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


def canonical_bytes(value: Json) -> bytes:
    """Return the canonical JSON of a value, in UTF-8.

    Raises:
        ValueError: if it has NaN, infinity, an integer beyond 2**53, or text with a lone surrogate,
            which have no canonical form.
    """
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
    return _encode_plain(value).encode()


def digest_of(value: Json) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()
