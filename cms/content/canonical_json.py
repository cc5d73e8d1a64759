"""Canonical JSON and the digest.

The bytes follow RFC 8785 (JSON Canonicalization Scheme), so that anyone can compute the
same digest from the same content in any language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"  # a JSON value
)
JsonObject: TypeAlias = Mapping[str, Json]


def canonical_bytes(value: Json) -> bytes:
    """Return the one byte string that stands for this JSON value.

    Raises:
        ValueError: for what JSON cannot say: NaN, infinity, integers beyond 2**53, or text
            with a lone surrogate.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from None


def digest_of(value: Json) -> str:
    """Return the SHA-256 of the canonical bytes, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()
