"""What has been loaded of the demo so far, and who works on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cms import Actor, FrontMatter, Refused, Saved, Work


@dataclass
class Newsroom:
    """What has been loaded so far.

    Attributes:
        transaction: the one transaction in which everything is loaded.
        actors: the people who write and review, by their slugs.
        categories: the categories' ids, by their paths.
        saved: each entry with its newest revision, by its files' key.
    """

    transaction: Work
    actors: dict[str, Actor] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    saved: dict[str, Saved] = field(default_factory=dict)

    def work(self, actor: Actor, now: datetime) -> Work:
        """Return the transaction for an actor at a moment of the past."""
        return self.transaction.by(actor, now)


@contextmanager
def faults_in(source: FrontMatter, key: str) -> Iterator[None]:
    """Turn what a command refuses, and what is missing, into a fault of a YAML file's key."""
    try:
        yield
    except Refused as refusal:
        raise source.fault(key, refusal.errors[0].message) from None
    except KeyError as missing:
        raise source.fault(key, f"{missing} is missing") from None


def mappings(
    source: FrontMatter, key: str | None = None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the mappings of a YAML file, or those under one of its keys.

    Raises:
        ContentFileError: if something else stands there.
    """
    values = source.values if key is None else source.values.get(key)
    if not isinstance(values, Mapping):
        raise source.fault(key, f"{key} must be a mapping")
    for name, about in values.items():
        if not isinstance(about, Mapping):
            raise source.fault(key or name, f"{name} must be a mapping, not {about!r}")
        yield name, about
