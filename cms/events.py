"""Events: the outcomes of commands, in the past tense.

A command emits events with :meth:`cms.work.work.Work.emit`. Within the command's transaction they
go to the reactions, and each becomes a record of the audit chain. An event holds ids, times and
words of the product; texts that people wrote are in it only where a reason is part of the record.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeAlias

from cms.content.canonical_json import Json, JsonObject
from cms.content.policy import Stage
from cms.content.snapshot import Snapshot
from cms.storage.dialects import as_text

# A field of an event that reactions get and the audit record does not.
_NOT_RECORDED = {"is_recorded": False}
# A field with a text that a person wrote, or that tells who a person is: a purge removes it.
_WORDS = {"has_words": True}


@dataclass(frozen=True, kw_only=True)
class Event:
    """The base of all events.

    A class that adds no field is not decorated again, since that takes half of a millisecond.

    Attributes:
        subject: id of the object that the event is about.
    """

    subject: str

    def to_json(self) -> JsonObject:
        """Return the facts of the event for its audit record, without the subject."""
        recorded = (each for each in fields(self) if each.metadata.get("is_recorded", True))
        values = {each.name: getattr(self, each.name) for each in recorded}
        del values["subject"]
        facts = {name: _as_json(value) for name, value in values.items() if value is not None}
        return {"event": type(self).__name__, **facts}


def _as_json(value: object) -> Json:
    match value:
        case datetime():
            return as_text(value)
        case tuple():
            return [_as_json(each) for each in value]
        case bool() | int() | float() | str():
            return value
    raise TypeError(f"an event cannot record a {type(value).__name__}")


@dataclass(frozen=True, kw_only=True)
class EntryEvent(Event):
    """The base of events about an entry.

    Attributes:
        entry: id of the entry.
        locale: locale of the edition; ``None`` for all editions.
    """

    entry: str
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class EntriesBegun(Event):
    """The ids of entries were given out, before anything in them was saved.

    The first of them is the subject.

    Attributes:
        entries: their ids.
    """

    entries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DraftSaved(EntryEvent):
    """A revision was saved; the subject is the revision.

    Attributes:
        edition: id of the edition.
        number: number of the revision in its edition; 1 for a new edition.
        is_autosave: whether it was saved while an editor was typing.
        content_type: name of the content type.
        snapshot: the content with what derives from it, for reactions.
    """

    edition: str
    number: int
    is_autosave: bool
    content_type: str
    snapshot: Snapshot = field(repr=False, compare=False, metadata=_NOT_RECORDED)


class RevisionPruned(EntryEvent):
    """An autosave was deleted; the subject was its revision."""


class EntryArchived(EntryEvent):
    """An entry was archived."""


class EntryUnarchived(EntryEvent):
    """An archived entry was restored."""


class EntryDeleted(EntryEvent):
    """An entry that was never public or in review was deleted."""


class ReviewRequested(EntryEvent):
    """A review was requested, or assigned to more accounts; the subject is the review."""


class ReviewWithdrawn(EntryEvent):
    """A review was withdrawn; the subject is the review."""


@dataclass(frozen=True, kw_only=True)
class SignedOff(EntryEvent):
    """A reviewer signed off a digest; the subject is the sign-off.

    Attributes:
        stage: stage of the policy.
        digest: the digest.
        position: the position from which it counts for the live publication, if the digest is live.
    """

    stage: str
    digest: str
    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class SignOffEnded(EntryEvent):
    """A sign-off does not count any more; the subject is the sign-off.

    Attributes:
        cause: why it ended.
        position: the position from which the live publication is shown without it, if it was.
    """

    cause: str
    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class SignOffsInvalidated(Event):
    """The sign-offs of an account that was taken over were closed; the subject is the account.

    Attributes:
        since: the time from which on its sign-offs are not trusted.
        reason: the reason that was given.
    """

    since: datetime
    reason: str = field(metadata=_WORDS)


@dataclass(frozen=True, kw_only=True)
class ChangeRequestOpened(EntryEvent):
    """A reviewer requested changes to a digest; the subject is the change request.

    Attributes:
        digest: the digest.
    """

    digest: str


@dataclass(frozen=True, kw_only=True)
class ChangeRequestEnded(EntryEvent):
    """A change request ended; the subject is the change request.

    Attributes:
        cause: why it ended.
    """

    cause: str


@dataclass(frozen=True, kw_only=True)
class EntryPublished(EntryEvent):
    """A revision was published; the subject is the publication.

    Attributes:
        revision: id of the revision.
        replaced: id of the publication that it replaced, if there was one.
        position: the position of the publication.
        basis: the basis of the publication.
        stages: the stages of the policy that applied, for reactions.
        sign_offs: ids of the sign-offs that counted.
        digest: digest of the revision, for reactions.
        reason: why it was published without sign-offs, if an administrator did so.
        source: the system that it was imported from, if it was.
    """

    revision: str
    replaced: str | None
    position: int
    basis: str
    stages: tuple[Stage, ...] = field(metadata=_NOT_RECORDED)
    sign_offs: tuple[str, ...]
    digest: str = field(metadata=_NOT_RECORDED)
    reason: str | None = field(default=None, metadata=_WORDS)
    source: str | None = field(default=None, metadata=_WORDS)


@dataclass(frozen=True, kw_only=True)
class EntryUnpublished(EntryEvent):
    """An entry was unpublished; the subject is the publication.

    Attributes:
        revision: id of the revision.
        position: the position at which it ended.
        reason: the reason that was given, if any.
    """

    revision: str
    position: int
    reason: str | None = field(default=None, metadata=_WORDS)


class CommentAdded(EntryEvent):
    """A comment was added; the subject is the comment."""


class CommentResolved(EntryEvent):
    """A thread was resolved; the subject is its first comment."""


@dataclass(frozen=True, kw_only=True)
class PagesMoved(Event):
    """Pages came to other addresses, since their content types declare other paths.

    Attributes:
        position: position from which they are there.
        pages: number of pages.
    """

    position: int
    pages: int


@dataclass(frozen=True, kw_only=True)
class FilesRecorded(Event):
    """An import recorded which entries its files are here; the subject is the first record.

    Attributes:
        begun: number of files that are the source of an entry from now on.
        ended: number of files that are not any more.
    """

    begun: int
    ended: int


@dataclass(frozen=True, kw_only=True)
class TypesChanged(Event):
    """The site's content types were changed; the subject is the number of their version.

    Attributes:
        number: the number of the version.
        changes: a sentence for each change.
    """

    number: int
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RedirectCreated(Event):
    """A redirect was created.

    Attributes:
        position: position from which it is in force.
    """

    position: int


@dataclass(frozen=True, kw_only=True)
class RedirectRemoved(Event):
    """A redirect was removed.

    Attributes:
        position: position at which it ended.
    """

    position: int


class CategoryCreated(Event):
    """A category was created."""


@dataclass(frozen=True, kw_only=True)
class CategoryMoved(EntryEvent):
    """A category was moved in the tree.

    Attributes:
        parent: the category that it is below; ``None`` for a root.
        position: the position of the move.
        moved_pages: number of public pages that came to another address; ``None`` for none.
    """

    parent: str | None
    position: int
    moved_pages: int | None = None


class PersonCreated(Event):
    """A person was created."""


class AccountCreated(Event):
    """An account was created."""


class AccountDisabled(Event):
    """An account was disabled."""


class AccountEnabled(Event):
    """A disabled account was enabled."""


class PasswordChanged(Event):
    """The password of an account was changed; the subject is the account."""


@dataclass(frozen=True, kw_only=True)
class SessionBegun(Event):
    """An account signed in; the subject is the session.

    Attributes:
        network: the network of the client.
    """

    network: str = field(metadata=_WORDS)


class SessionRefreshed(Event):
    """A session got new tokens; the subject is the session."""


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A session ended; the subject is the session.

    Attributes:
        reason: why it ended, if its account did not end it.
    """

    reason: str | None = None


class SessionsEnded(Event):
    """All sessions of an account ended; the subject is the account."""


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Event):
    """A service or preview token was issued.

    Attributes:
        scopes: the actions that it is limited to; ``None`` for all actions of its account.
        until: when it expires.
    """

    scopes: tuple[str, ...] | None = None
    until: datetime


class TokenRevoked(Event):
    """A token was revoked."""


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    """A role was granted; the subject is the grant.

    Attributes:
        account: id of the account.
        role: the role.
    """

    account: str
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event):
    """A grant was revoked; the subject is the grant.

    Attributes:
        account: id of the account.
        role: the role.
    """

    account: str
    role: str


@dataclass(frozen=True, kw_only=True)
class KeyChanged(Event):
    """The signing key was recorded or changed; the subject is the statement of the new key.

    Attributes:
        reason: how the key before was lost, if it was.
    """

    reason: str | None = field(default=None, metadata=_WORDS)


@dataclass(frozen=True, kw_only=True)
class WordsPurged(Event):
    """Words were emptied for good; the subject is the purge.

    Attributes:
        keys: ids of what the operator named.
        rows: number of rows that were emptied.
        position: the position of the purge, if clients have known a purged edition.
        revisions: ids of the revisions that were emptied, for reactions.
    """

    keys: tuple[str, ...]
    rows: int
    position: int | None = None
    revisions: tuple[str, ...] = field(repr=False, compare=False, metadata=_NOT_RECORDED)


def without_words(detail: JsonObject) -> JsonObject:
    """Return the facts of an event in an audit record without the texts of people.

    Of an event of a plugin, only the entry is left.
    """
    kind = globals().get(str(detail.get("event")))
    if not (isinstance(kind, type) and issubclass(kind, Event)):
        return {name: detail[name] for name in ("event", "entry", "locale") if name in detail}
    words = {each.name for each in fields(kind) if each.metadata.get("has_words")}
    return {name: value for name, value in detail.items() if name not in words}


def is_built_in(kind: type[Event]) -> bool:
    """Return whether a class of events is one of Copydesk, and not of a plugin."""
    return kind.__module__ == __name__


# Events by which something became public, or ceased to be.
PublicationEvent: TypeAlias = EntryPublished | EntryUnpublished
