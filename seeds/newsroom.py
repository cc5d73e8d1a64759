"""What has been loaded of the demo so far, and who works on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cms.authorization.actor import Actor
from cms.errors import Refused
from cms.importing.front_matter import FrontMatter
from cms.signing import KeyFile
from cms.storage.database import WriteSession
from cms.tables import Revision
from cms.work.work import Work
from seeds.site import site


@dataclass
class Newsroom:
    """What has been loaded so far.

    Attributes:
        session: the transaction.
        key_file: has the key that signs attestations.
        actors: the people who write and review, by their slugs.
        categories: the categories' ids, by their paths.
        tags: the tags' ids, by their slugs.
        heads: the newest revision of each entry, by its files' key.
        entries: the entries' ids, by their files' key.
    """

    session: WriteSession
    key_file: KeyFile
    actors: dict[str, Actor] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    heads: dict[str, Revision] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)

    def work(self, actor: Actor, now: datetime) -> Work:
        """Return the setting for what somebody did back then."""
        return Work(self.session, site, actor, now, self.key_file)


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
