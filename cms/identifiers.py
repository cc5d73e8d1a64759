"""Ids, ``<prefix>_<ULID>``, nonces and salts. No other module creates them.

The prefix is the kind of the identified object; the ULID (https://github.com/ulid/spec) sorts by
creation time and is safe in URLs. The database, GraphQL and webhooks use the same string.
"""

from __future__ import annotations

import re
import secrets  # noqa: TID251  # the random part of an id, nonces, salts
import uuid  # noqa: TID251  # the names of editions outside the site
from typing import Final, Literal, get_args

from cms.clock import now

Kind = Literal[
    "account",
    "address",
    "cat",
    "changes",
    "comment",
    "edition",
    "entry",
    "grant",
    "import",
    "key",
    "person",
    "place",
    "pub",
    "purge",
    "rev",
    "review",
    "session",
    "signoff",
    "token",
]

# The kinds of entries: of a site's own types, categories and people.
EntryKind = Literal["entry", "cat", "person"]

PREFIXES: frozenset[str] = frozenset(get_args(Kind))
_OF_ENTRIES: Final[frozenset[str]] = frozenset(get_args(EntryKind))

# Crockford's base 32 alphabet in lower case.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_LENGTH = 26
_WELL_FORMED = re.compile(f"({'|'.join(sorted(PREFIXES))})_[{_ALPHABET}]{{{_LENGTH}}}")
LENGTH_OF_CATEGORY_ID = len("cat_") + _LENGTH
_NONCE_BYTES = 8
_SALT_BYTES = 16


def new_id(kind: Kind) -> str:
    """Return a new id of this kind, which sorts after those of earlier milliseconds."""
    milliseconds = int(now().timestamp() * 1000)
    return f"{kind}_{_encode(milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))}"


def new_nonce() -> str:
    """Return 16 random hexadecimal digits."""
    return secrets.token_hex(_NONCE_BYTES)


def new_salt() -> str:
    """Return 32 random hexadecimal digits."""
    return secrets.token_hex(_SALT_BYTES)


def kind_of(identifier: str) -> str | None:
    """Return the kind of a well-formed id, which is its prefix, or ``None`` for anything else."""
    found = _WELL_FORMED.fullmatch(identifier)
    return found[1] if found else None


def is_entry_id(identifier: str) -> bool:
    """Return whether a text is a well-formed id of an entry of any type."""
    return kind_of(identifier) in _OF_ENTRIES


def is_built_in_id(identifier: str) -> bool:
    """Return whether a text is a well-formed id of a category or a person."""
    return is_entry_id(identifier) and kind_of(identifier) != "entry"


def _encode(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


# A constant of its own for names of editions (RFC 9562, 5.5).
_EDITIONS = uuid.UUID("9a2f6c1e-5d0b-4b6e-8f57-3c1d7e0a4b92")


def edition_urn(entry_id: str, locale: str) -> str:
    """Return the name of an edition for other sites: ``urn:uuid:…``.

    It depends on nothing else, so it stays when the page moves or the site gets another domain.
    """
    return uuid.uuid5(_EDITIONS, f"{entry_id}/{locale}").urn
