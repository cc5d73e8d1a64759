"""Ids, and the only place that creates them.

An id is ``<prefix>_<ULID>``: the prefix is the type of the object; the ULID sorts ids by creation
time and is safe in URLs. The database, GraphQL and webhooks use the same string.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Literal, get_args

from cms.clock import now

Kind = Literal[
    "account",
    "cat",
    "changes",
    "comment",
    "edition",
    "entry",
    "grant",
    "key",
    "person",
    "pub",
    "rev",
    "review",
    "session",
    "signoff",
    "tag",
    "token",
]

PREFIXES: frozenset[str] = frozenset(get_args(Kind))

# Crockford's alphabet in lower case, as https://github.com/ulid/spec orders it.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_LENGTH = 26


def new_id(kind: Kind) -> str:
    """Return a new id with this prefix, which sorts after all earlier ones."""
    milliseconds = int(now().timestamp() * 1000)
    return f"{kind}_{_encode(milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))}"


def kind_of(identifier: str) -> str | None:
    """Return the prefix of a well-formed id, or ``None`` for any other text."""
    prefix, _, rest = identifier.partition("_")
    well_formed = prefix in PREFIXES and len(rest) == _LENGTH and set(rest) <= set(_ALPHABET)
    return prefix if well_formed else None


def made_at(identifier: str) -> datetime:
    """Return the creation time of a well-formed id, to the millisecond.

    Raises:
        ValueError: if it is not well formed.
    """
    if kind_of(identifier) is None:
        raise ValueError(f"{identifier!r} is not an id")
    number = 0
    for letter in identifier.partition("_")[2]:
        number = number << 5 | _ALPHABET.index(letter)
    return datetime.fromtimestamp((number >> _RANDOM_BITS) / 1000, UTC)


def _encode(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
