"""All exceptions and refusals of Copydesk, as one tree.

Exceptions::

    CopydeskError
    ├── SettingsError        a setting is missing, malformed or unsafe
    ├── SiteError            the site's declaration contradicts itself
    ├── AttestationError     an attestation or a key is not valid
    ├── ContentFileError     a content file cannot be read; has the file and the line
    ├── DatabaseError        the database failed, or is not at the revision of this version
    │   ├── DatabaseUnavailable  the database cannot be reached; work resumes when it can
    │   │   └── OutcomeUnknown   the connection was lost during a commit
    │   ├── DatabaseDamaged  the database file is damaged, or not a database
    │   ├── DatabaseReadOnly the database accepts no writes
    │   ├── DatabaseFull     the disk of the database is full
    │   ├── VersionMismatch  the content types are of another version than the database's
    │   ├── DatabaseBusy     a conflict with another transaction; nothing was changed
    │   └── DatabaseTimeout  a statement exceeded the time limit and was cancelled
    │       └── ReadTimeout  a read exceeded the time limit
    ├── TooManyWaiting       too many requests of one client are queued
    └── Refused              a command was refused, with all reasons

Reasons are data, not exceptions: a :class:`UserError` has a stable ``code``, a
``message`` that says what to do, and the ``path`` of the input it is about. The
management API returns them, and the shell prints them::

    UserError
    ├── NotFound             no visible object has this id, slug or path
    ├── NotAllowed           no role of the actor includes the action
    ├── InvalidValue         a value is not valid for its field
    ├── StaleRevision        the base revision is no longer the newest
    ├── DuplicateName        a slug, e-mail address or category path is already in use
    ├── NotInReview          the edition has no open review
    ├── WrongDigest          no revision of the edition has this digest
    ├── OwnWork              contributors cannot sign off their own work
    ├── WrongStage           the policy has no such stage, or an earlier one is incomplete
    ├── NoByline             the reviewer's account has no public byline
    ├── NotPublished         the entry is not public in this locale
    ├── WrongBasis           the entry cannot be published on this basis
    ├── StillPublic          the entry is public and must be unpublished first
    ├── HasHistory           an entry that was public or reviewed cannot be deleted
    ├── StillLinked          other entries link to the entry
    ├── StillShown           public pages show the category or the person
    ├── Archived             the entry is archived and must be unarchived first
    ├── Purged               the words were purged, and nothing can bring them back
    ├── CategoryCycle        a category cannot be moved below itself
    ├── SignInFailed         the e-mail address or the password is wrong
    ├── TooManyAttempts      too many failed attempts; a later one is admitted
    ├── InvalidToken         the token is unknown, has expired or was revoked
    ├── MutationIdReused     the client mutation id was used with another input
    ├── CannotSign           the server does not have the site's signing key
    ├── PluginRefused        a plugin refused the command, or failed in it
    └── GateFailed           a publish gate failed
        ├── MissingSignOff   a stage of the policy needs more sign-offs
        ├── ChangesRequested a reviewer has requested changes
        ├── MissingField     a required field is empty
        ├── BrokenLink       a link has no public target
        ├── PathInUse        another entry is public at this path
        ├── ReferencedEntryNotPublic  the category, the author or a reviewer is not public
        └── WouldBreakLinks  public pages link to what would be removed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class CopydeskError(Exception):
    """Base class of all exceptions that Copydesk raises deliberately."""


class SettingsError(CopydeskError):
    """A setting is missing, malformed or unsafe."""


class SiteError(CopydeskError):
    """A site's declaration contradicts itself; raised when the site is built."""


class DatabaseError(CopydeskError):
    """The database failed or cannot serve this version; the message says what to do."""


class AttestationError(CopydeskError):
    """An attestation is not valid, or its key is not available."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached; nothing was changed, and reads can be retried."""


class OutcomeUnknown(DatabaseUnavailable):
    """The connection was lost during a commit: the change may or may not have been made.

    Retry such a write only with an idempotency key; see :mod:`cms.work.idempotency`.
    """


class DatabaseDamaged(DatabaseError):
    """The database file is damaged, or not a database."""


class DatabaseReadOnly(DatabaseError):
    """The database accepts no writes."""


class DatabaseFull(DatabaseError):
    """The disk of the database is full."""


class VersionMismatch(DatabaseError):
    """The database has another version of the content types than this process; nothing changed."""


class DatabaseBusy(DatabaseError):
    """A conflict with another transaction; nothing was changed, and a retry is safe."""


class DatabaseTimeout(DatabaseError):
    """A statement exceeded the time limit and was cancelled."""


class ReadTimeout(DatabaseTimeout):
    """A read exceeded the limit of ``seconds`` and was cancelled in the database."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the read took longer than {seconds:g} seconds and was cancelled")


class TooManyWaiting(CopydeskError):
    """A client has ``most`` requests in the queue, which is the limit."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most:,} of your requests are already waiting, which is the limit")


class InvalidExport(CopydeskError):
    """An export that cannot be made. The message has the reason and a remedy."""


class ExtraMissing(CopydeskError):
    """A library is not installed that an optional part needs. The message has the remedy."""


class ContentFileError(CopydeskError):
    """A content file cannot be read.

    Attributes:
        file: the file.
        line: the line, counted from 1, or ``None`` if the fault has no single line.
        reason: what is wrong and what is expected instead.
    """

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        place = f"{file}:{line}" if line is not None else str(file)
        super().__init__(f"{place}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class UserError:
    """One reason why a command was refused.

    A class that adds no field is not decorated again, since that takes half of a millisecond.

    Attributes:
        message: the reason, and what to do about it.
        path: place in the command's input, as names and indexes; empty for the whole.
    """

    code: ClassVar[str] = "REFUSED"
    message: str
    path: tuple[str | int, ...] = ()


class Refused(CopydeskError):
    """A command was refused, and has changed nothing.

    Attributes:
        errors: all reasons, not just the first.
    """

    def __init__(self, *errors: UserError) -> None:
        super().__init__("; ".join(f"{error.code}: {error.message}" for error in errors))
        self.errors: Sequence[UserError] = errors


class NotFound(UserError):
    """No object that is visible to the actor has this id, slug or path."""

    code: ClassVar[str] = "NOT_FOUND"


class NotAllowed(UserError):
    """No role of the actor includes the action on this object."""

    code: ClassVar[str] = "NOT_ALLOWED"


class InvalidValue(UserError):
    """A value is not valid for its field."""

    code: ClassVar[str] = "INVALID_VALUE"


@dataclass(frozen=True, kw_only=True)
class StaleRevision(UserError):
    """The base revision of the write is no longer the newest revision.

    Attributes:
        base_revision: the revision that the write started from.
        head_revision: the newest revision.
        merge: for a save, the proposal of a three-way merge; see :mod:`cms.comparison.merge`.
    """

    code: ClassVar[str] = "STALE_REVISION"
    base_revision: str
    head_revision: str
    merge: Mapping[str, object] | None = None


class DuplicateName(UserError):
    """A name that must be unique, such as a slug, is already in use."""

    code: ClassVar[str] = "DUPLICATE_NAME"


class NotInReview(UserError):
    """The edition has no open review, and the digest is not public."""

    code: ClassVar[str] = "NOT_IN_REVIEW"


class WrongDigest(UserError):
    """No revision of the edition has this digest."""

    code: ClassVar[str] = "WRONG_DIGEST"


class OwnWork(UserError):
    """Four-eyes rule: contributors since the last signed-off publication cannot sign off."""

    code: ClassVar[str] = "OWN_WORK"


class WrongStage(UserError):
    """The policy has no such stage, or an earlier stage is incomplete."""

    code: ClassVar[str] = "WRONG_STAGE"


class NoByline(UserError):
    """The reviewer's account has no public byline."""

    code: ClassVar[str] = "NO_BYLINE"


class NotPublished(UserError):
    """The entry is not public in this locale."""

    code: ClassVar[str] = "NOT_PUBLISHED"


class WrongBasis(UserError):
    """The entry cannot be published as imported content or as the first content of a site."""

    code: ClassVar[str] = "WRONG_BASIS"


class StillPublic(UserError):
    """The entry is public; unpublish it first."""

    code: ClassVar[str] = "STILL_PUBLIC"


class HasHistory(UserError):
    """An entry that was ever public or reviewed cannot be deleted; archive it."""

    code: ClassVar[str] = "HAS_HISTORY"


class StillLinked(UserError):
    """Other entries link to the entry."""

    code: ClassVar[str] = "STILL_LINKED"


class StillShown(UserError):
    """Public pages show the category or the person."""

    code: ClassVar[str] = "STILL_SHOWN"


class Archived(UserError):
    """The entry is archived; unarchive it first."""

    code: ClassVar[str] = "ARCHIVED"


class Purged(UserError):
    """The words of the object were purged; nothing can bring them back."""

    code: ClassVar[str] = "PURGED"


class CategoryCycle(UserError):
    """A category cannot be moved below itself."""

    code: ClassVar[str] = "CATEGORY_CYCLE"


class SignInFailed(UserError):
    """The e-mail address or the password is wrong, or the account cannot sign in."""

    code: ClassVar[str] = "SIGN_IN_FAILED"


@dataclass(frozen=True, kw_only=True)
class TooManyAttempts(UserError):
    """Too many attempts from this network have failed; retry later.

    Attributes:
        retry_after: seconds until the next attempt is admitted.
    """

    code: ClassVar[str] = "TOO_MANY_ATTEMPTS"
    retry_after: int


class InvalidToken(UserError):
    """The token is unknown, has expired or was revoked."""

    code: ClassVar[str] = "INVALID_TOKEN"


class MutationIdReused(UserError):
    """The client mutation id was already used with another input."""

    code: ClassVar[str] = "MUTATION_ID_REUSED"


class CannotSign(UserError):
    """The server does not have the site's signing key; its operator must restore it."""

    code: ClassVar[str] = "CANNOT_SIGN"


@dataclass(frozen=True, kw_only=True)
class PluginRefused(UserError):
    """A plugin refused the command, or failed in it; nothing was changed.

    Attributes:
        plugin: the name of the plugin.
    """

    code: ClassVar[str] = "PLUGIN_REFUSED"
    plugin: str


@dataclass(frozen=True, kw_only=True)
class GateFailed(UserError):
    """A publish gate failed. Plugins define their own subclasses.

    Attributes:
        gate: the public name of the gate.
    """

    code: ClassVar[str] = "GATE_FAILED"
    gate: str = ""


@dataclass(frozen=True, kw_only=True)
class MissingSignOff(GateFailed):
    """A stage of the policy needs more sign-offs on exactly this digest."""

    code: ClassVar[str] = "MISSING_SIGN_OFF"
    stage: str
    missing: int


class ChangesRequested(GateFailed):
    """A reviewer has requested changes to exactly this digest."""

    code: ClassVar[str] = "CHANGES_REQUESTED"


class MissingField(GateFailed):
    """A required field is empty."""

    code: ClassVar[str] = "MISSING_FIELD"


class BrokenLink(GateFailed):
    """Readers do not see the target of a link, or it does not have the anchor."""

    code: ClassVar[str] = "BROKEN_LINK"


class PathInUse(GateFailed):
    """Another entry is public at this path."""

    code: ClassVar[str] = "PATH_IN_USE"


@dataclass(frozen=True, kw_only=True)
class ReferencedEntryNotPublic(GateFailed):
    """The category, the author or a reviewer of a page is not public where the page would be."""

    code: ClassVar[str] = "REFERENCED_ENTRY_NOT_PUBLIC"
    entry_id: str


class WouldBreakLinks(GateFailed):
    """Public pages link to a page, an address or an anchor that would be removed."""

    code: ClassVar[str] = "WOULD_BREAK_LINKS"
