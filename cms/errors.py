"""Everything that can go wrong, as one tree.

Exceptions::

    CopydeskError
    ├── SettingsError        a setting is missing, malformed or unsafe
    ├── SiteError            the site's declaration contradicts itself
    ├── AttestationError     an attestation does not hold; the message says why
    ├── ContentFileError     a content file cannot be read: names the file and the line
    ├── DatabaseError        the database is not what this version needs, or fails
    │   ├── DatabaseUnavailable  it cannot be reached; once it can, all goes on by itself
    │   │   └── OutcomeUnknown   it was lost during a commit: the change may have been made
    │   ├── DatabaseDamaged  its file is damaged, or is no database
    │   ├── DatabaseReadOnly it takes no changes
    │   ├── DatabaseFull     its disk is full: it takes no changes until there is room
    │   ├── DatabaseBusy     another transaction was first; this one has changed nothing
    │   └── DatabaseTimeout  a statement took longer than the limit and was cancelled
    │       └── ReadTimeout  a read did
    └── Refused              a command said no; carries every reason at once

Reasons are data, not exceptions: a :class:`UserError` has a stable ``code``, a
``message`` that says what to do, and the ``path`` of the input it is about. They are
what the management API returns, and what a shell prints::

    UserError
    ├── NotFound             nothing visible has this id, slug or path
    ├── NotAllowed           the actor's roles do not include the action
    ├── InvalidValue         a value does not fit its field
    ├── StaleRevision        the write started from a revision that is no longer the head
    ├── DuplicateName        a unique name (slug, e-mail, category path) is already in use
    ├── NotInReview          there is no open review to sign off or to end
    ├── WrongDigest          the digest named is not the digest of that revision
    ├── OwnWork              four eyes: a contributor cannot sign off
    ├── WrongStage           the policy has no such stage, or an earlier stage is not complete
    ├── NoByline             a reviewer must be tied to a person whom readers can see
    ├── NotPublished         the entry is not public
    ├── StillPublic          the entry is public, and has to be taken back first
    ├── HasHistory           what was public or reviewed is history, and cannot be deleted
    ├── StillLinked          other entries lead to it
    ├── Archived             the entry is archived
    ├── CategoryCycle        a category cannot be below itself
    ├── SignInFailed         the address and the password are not those of an account
    ├── TooManyAttempts      too many attempts have failed
    ├── InvalidToken         the token is unknown, has expired or was revoked
    ├── MutationIdReused     the same client mutation id came with another input
    ├── CannotSign           the site's signing key is not at hand
    └── GateFailed           a publish gate failed
        ├── MissingSignOff   the policy asks for more sign-offs on this digest
        ├── ChangesRequested a reviewer has asked for changes to this digest
        ├── MissingField     a required field is empty
        ├── BrokenLink       a link would lead nowhere
        ├── PathInUse        another entry is public at this path
        └── WouldBreakLinks  public pages link here
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class CopydeskError(Exception):
    """The root of all exceptions that Copydesk raises on purpose."""


class SettingsError(CopydeskError):
    """A setting is missing, malformed or unsafe."""


class SiteError(CopydeskError):
    """A site's declaration contradicts itself; raised when the site is built."""


class DatabaseError(CopydeskError):
    """The database cannot serve this version of Copydesk; the message says what to do."""


class AttestationError(CopydeskError):
    """An attestation does not hold, or the key that it takes cannot be had."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached; nothing was changed, and reads can be tried again."""


class OutcomeUnknown(DatabaseUnavailable):
    """The database was lost during a commit: the change was made, or it was not.

    Such a write is never repeated blindly; see :mod:`cms.work.idempotency`.
    """


class DatabaseDamaged(DatabaseError):
    """The database's file is damaged, or is no database at all."""


class DatabaseReadOnly(DatabaseError):
    """The database takes no changes."""


class DatabaseFull(DatabaseError):
    """The disk of the database is full."""


class DatabaseBusy(DatabaseError):
    """Another transaction was first; this one has changed nothing and can be tried again."""


class DatabaseTimeout(DatabaseError):
    """A statement took longer than the limit and was cancelled."""


class ReadTimeout(DatabaseTimeout):
    """A read took longer than the limit, ``seconds``, and was cancelled in the database."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the read took longer than {seconds:g} seconds and was cancelled")


class TooManyWaiting(CopydeskError):
    """Too much of one client is waiting for its turn already, ``most``."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most:,} requests of yours are waiting already, which is the most")


class ContentFileError(CopydeskError):
    """A content file cannot be read.

    Attributes:
        file: the file.
        line: the line, counted from 1, or ``None`` where the fault has no single line.
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
    """One reason why a command refused.

    Attributes:
        message: what happened and what to do about it.
        path: where in the command's input, as names and indexes; empty for the whole.
    """

    code: ClassVar[str] = "REFUSED"
    message: str
    path: tuple[str | int, ...] = ()


class Refused(CopydeskError):
    """A command said no; nothing it would have done has been done.

    Attributes:
        errors: every reason, never just the first.
    """

    def __init__(self, *errors: UserError) -> None:
        super().__init__("; ".join(f"{error.code}: {error.message}" for error in errors))
        self.errors: Sequence[UserError] = errors


@dataclass(frozen=True, kw_only=True)
class NotFound(UserError):
    """Nothing the actor may see has this id, slug or path."""

    code: ClassVar[str] = "NOT_FOUND"


@dataclass(frozen=True, kw_only=True)
class NotAllowed(UserError):
    """None of the actor's roles includes the action on this subject."""

    code: ClassVar[str] = "NOT_ALLOWED"


@dataclass(frozen=True, kw_only=True)
class InvalidValue(UserError):
    """A value does not fit the field it is for."""

    code: ClassVar[str] = "INVALID_VALUE"


@dataclass(frozen=True, kw_only=True)
class StaleRevision(UserError):
    """The write started from a revision that is no longer the newest.

    Attributes:
        base_revision: the revision the write named.
        head_revision: the newest revision.
        merge: for a save, what a three-way merge proposes; see :mod:`cms.comparison.merge`.
    """

    code: ClassVar[str] = "STALE_REVISION"
    base_revision: str
    head_revision: str
    merge: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class DuplicateName(UserError):
    """A name that has to be unique is already in use."""

    code: ClassVar[str] = "DUPLICATE_NAME"


@dataclass(frozen=True, kw_only=True)
class NotInReview(UserError):
    """The edition has no open review."""

    code: ClassVar[str] = "NOT_IN_REVIEW"


@dataclass(frozen=True, kw_only=True)
class WrongDigest(UserError):
    """The digest named is not that of the revision, so these are not the bytes that were read."""

    code: ClassVar[str] = "WRONG_DIGEST"


@dataclass(frozen=True, kw_only=True)
class OwnWork(UserError):
    """Four eyes: a contributor since the last publication cannot sign off."""

    code: ClassVar[str] = "OWN_WORK"


@dataclass(frozen=True, kw_only=True)
class WrongStage(UserError):
    """The policy has no such stage, or an earlier one still waits for sign-offs."""

    code: ClassVar[str] = "WRONG_STAGE"


@dataclass(frozen=True, kw_only=True)
class NoByline(UserError):
    """A reviewer's account is not tied to a person whom readers can see."""

    code: ClassVar[str] = "NO_BYLINE"


@dataclass(frozen=True, kw_only=True)
class NotPublished(UserError):
    """The entry is not public in this locale."""

    code: ClassVar[str] = "NOT_PUBLISHED"


@dataclass(frozen=True, kw_only=True)
class StillPublic(UserError):
    """The entry is public; take it back first."""

    code: ClassVar[str] = "STILL_PUBLIC"


@dataclass(frozen=True, kw_only=True)
class HasHistory(UserError):
    """What was ever public or reviewed is history, and cannot be deleted."""

    code: ClassVar[str] = "HAS_HISTORY"


@dataclass(frozen=True, kw_only=True)
class StillLinked(UserError):
    """Other entries lead to it."""

    code: ClassVar[str] = "STILL_LINKED"


@dataclass(frozen=True, kw_only=True)
class Archived(UserError):
    """The entry is archived; bring it back first."""

    code: ClassVar[str] = "ARCHIVED"


@dataclass(frozen=True, kw_only=True)
class CategoryCycle(UserError):
    """A category cannot be below itself."""

    code: ClassVar[str] = "CATEGORY_CYCLE"


@dataclass(frozen=True, kw_only=True)
class SignInFailed(UserError):
    """The address and the password are not those of an account that can sign in."""

    code: ClassVar[str] = "SIGN_IN_FAILED"


@dataclass(frozen=True, kw_only=True)
class TooManyAttempts(UserError):
    """Too many attempts have failed from this address; the next one has to wait.

    Attributes:
        retry_after: the number of seconds after which another attempt is looked at.
    """

    code: ClassVar[str] = "TOO_MANY_ATTEMPTS"
    retry_after: int


@dataclass(frozen=True, kw_only=True)
class InvalidToken(UserError):
    """The token is unknown, has expired or was revoked."""

    code: ClassVar[str] = "INVALID_TOKEN"


@dataclass(frozen=True, kw_only=True)
class MutationIdReused(UserError):
    """The same client mutation id came with another input."""

    code: ClassVar[str] = "MUTATION_ID_REUSED"


@dataclass(frozen=True, kw_only=True)
class CannotSign(UserError):
    """The server does not have the key with which the site signs; its operator has to act."""

    code: ClassVar[str] = "CANNOT_SIGN"


@dataclass(frozen=True, kw_only=True)
class GateFailed(UserError):
    """A publish gate failed. Plugins raise their own subclasses."""

    code: ClassVar[str] = "GATE_FAILED"


@dataclass(frozen=True, kw_only=True)
class MissingSignOff(GateFailed):
    """The policy asks for more sign-offs on exactly this digest."""

    code: ClassVar[str] = "MISSING_SIGN_OFF"
    stage: str
    missing: int


@dataclass(frozen=True, kw_only=True)
class ChangesRequested(GateFailed):
    """A reviewer has asked for changes to exactly this digest."""

    code: ClassVar[str] = "CHANGES_REQUESTED"


@dataclass(frozen=True, kw_only=True)
class MissingField(GateFailed):
    """A required field is empty."""

    code: ClassVar[str] = "MISSING_FIELD"


@dataclass(frozen=True, kw_only=True)
class BrokenLink(GateFailed):
    """A link would lead to an entry that is not public, to no anchor, or to no page."""

    code: ClassVar[str] = "BROKEN_LINK"


@dataclass(frozen=True, kw_only=True)
class PathInUse(GateFailed):
    """Another entry is already public at this path."""

    code: ClassVar[str] = "PATH_IN_USE"


@dataclass(frozen=True, kw_only=True)
class WouldBreakLinks(GateFailed):
    """Public pages link to what would go away."""

    code: ClassVar[str] = "WOULD_BREAK_LINKS"
