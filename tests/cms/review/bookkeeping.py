"""The standing of pages by plain bookkeeping, written from the sentences of the design.

Nothing here comes from the engine, so that the engine can be held against it. A person has one
account, and both have one name here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# Stages by name, in order, with the number of persons who have to sign off at each.
Policy = Mapping[str, int]


@dataclass
class Person:
    """Somebody, with the grants that they hold: role, stage and locale, by id."""

    grants: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)
    is_disabled: bool = False

    def may_review(self, locale: str, stage: str | None = None) -> bool:
        """Return whether they may review in a locale, at a stage or at any."""
        return not self.is_disabled and any(
            role == "reviewer" and at in (None, locale) and (stage is None or only in (None, stage))
            for role, only, at in self.grants.values()
        )


@dataclass(frozen=True)
class Saved:
    """A revision."""

    id: str
    number: int
    digest: str
    author: str


@dataclass
class Signed:
    """A sign-off."""

    who: str
    digest: str
    stage: str
    at: datetime
    expires_at: datetime
    is_open: bool = True


@dataclass
class Objected:
    """A change request."""

    id: str
    who: str
    digest: str
    is_open: bool = True


@dataclass
class Asked:
    """A review."""

    stages: Policy
    is_open: bool = True


@dataclass
class Shown:
    """A publication: the revision, whether on its sign-offs, its stages, the sign-offs shown."""

    saved: Saved
    is_signed_off: bool
    stages: Policy
    names: list[Signed]
    is_open: bool = True

    def is_due(self, at: datetime) -> bool:
        """Return whether a stage has too few unexpired sign-offs left."""
        return any(
            len({each.who for each in self.names if each.stage == stage and each.expires_at > at})
            < approvals
            for stage, approvals in self.stages.items()
        )


@dataclass
class Page:
    """An edition of an entry."""

    locale: str
    saved: list[Saved] = field(default_factory=list)
    inherited: set[str] = field(default_factory=set)
    reviews: list[Asked] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)
    objected: list[Objected] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    is_archived: bool = False

    @property
    def head(self) -> Saved:
        """The newest revision."""
        return self.saved[-1]

    @property
    def live(self) -> Shown | None:
        """What is public."""
        return next((each for each in self.shown if each.is_open), None)

    @property
    def is_in_review(self) -> bool:
        """Whether there is an open review."""
        return any(each.is_open for each in self.reviews)

    def is_live(self, digest: str) -> bool:
        """Return whether a digest is what is public."""
        return self.live is not None and self.live.saved.digest == digest

    def judged(self, digest: str) -> Saved:
        """Return the revision that who judges a digest has read."""
        if self.live is not None and self.is_live(digest):
            return self.live.saved
        return [each for each in self.saved if each.digest == digest][-1]

    def contributors(self, saved: Saved) -> set[str]:
        """Return who wrote anything since the last publication that reviewers had read.

        Unless something older has come back since, which was never public: then it counts back to
        the publication before.
        """
        until = [each for each in self.saved if each.number <= saved.number]
        read = {each.saved.number for each in self.shown if each.is_signed_off}
        bases = sorted((number for number in read if number < saved.number), reverse=True)
        known = {each.digest for each in until if each.number in bases}
        for base in bases:
            since = [each for each in until if each.number > base]
            older = {each.digest for each in until if each.number < base} - known
            if not older & {each.digest for each in since}:
                return {each.author for each in since}
        return {each.author for each in until} | self.inherited

    def counting(self, saved: Saved, at: datetime) -> list[Signed]:
        """Return the sign-offs that count: open, on this digest, unexpired, by no contributor."""
        own = self.contributors(saved)
        return [
            each
            for each in self.signed
            if each.is_open
            and each.digest == saved.digest
            and each.expires_at > at
            and each.who not in own
        ]

    def required(self, policy: Policy) -> dict[str, int]:
        """Return the stricter of the newest review's own stages and those of today's policy."""
        return stricter(self.reviews[-1].stages, policy) if self.reviews else dict(policy)

    def lacking(self, saved: Saved, stages: Policy, at: datetime) -> list[str]:
        """Return the stages that sign-offs of too few different persons count for."""
        counting = self.counting(saved, at)
        return [
            stage
            for stage, approvals in stages.items()
            if len({each.who for each in counting if each.stage == stage}) < approvals
        ]

    def objectors(self, saved: Saved) -> list[str]:
        """Return who has an open change request on the digest."""
        return [each.who for each in self.objected if each.is_open and each.digest == saved.digest]

    def state(self, saved: Saved, policy: Policy, at: datetime) -> str:
        """Return the first of the states that holds."""
        if self.live is not None and self.live.saved == saved:
            return "PUBLISHED"
        if self.is_archived:
            return "ARCHIVED"
        if self.objectors(saved):
            return "CHANGES_REQUESTED"
        if self.shown and self.live is None and self.shown[-1].saved == saved:
            return "UNPUBLISHED"
        if not self.lacking(saved, self.required(policy), at):
            return "APPROVED"
        return "IN_REVIEW" if self.is_in_review else "DRAFT"

    def waits_for(self, who: str, person: Person, policy: Policy, at: datetime) -> bool:
        """Return whether the open review is in a person's queue."""
        lacking = self.lacking(self.head, self.required(policy), at)
        if self.is_archived or not self.is_in_review or not lacking:
            return False
        has_signed = any(
            each.who == who and each.stage == lacking[0] for each in self.counting(self.head, at)
        )
        return (
            person.may_review(self.locale, lacking[0])
            and who not in self.contributors(self.head)
            and not has_signed
        )

    # What they do. Each returns whether it can be done, and does it.

    def stage_of(self, digest: str, policy: Policy, at: datetime) -> str:
        """Return the stage to sign at: the first that is not complete."""
        stages = self.required(policy)
        if self.live is not None and self.is_live(digest):
            stages = stricter(self.live.stages, stages)
        lacking = self.lacking(self.judged(digest), stages, at)
        return lacking[0] if lacking else list(stages)[-1]

    def can_judge(self, who: str, person: Person, digest: str, stage: str | None) -> bool:
        """Return whether a person may sign off or object to a digest."""
        return (
            not self.is_archived
            and person.may_review(self.locale, stage)
            and who not in self.contributors(self.judged(digest))
        )

    def sign(self, who: str, digest: str, stage: str, at: datetime, valid_for: timedelta) -> None:
        """Sign off; it takes back what its author had objected."""
        given = Signed(who, digest, stage, at, at + valid_for)
        self.signed.append(given)
        for each in self.objected:
            if each.who == who and each.digest == digest:
                each.is_open = False
        if self.live is not None and self.is_live(digest):
            self.live.names.append(given)

    def object_to(self, identifier: str, who: str, digest: str) -> None:
        """Object; it closes the sign-offs of its author, and takes the name off."""
        self.objected.append(Objected(identifier, who, digest))
        for each in self.signed:
            if each.who == who and each.digest == digest:
                each.is_open = False
        if self.live is not None and self.is_live(digest):
            self.live.names = [each for each in self.live.names if each.who != who]

    def publish(self, saved: Saved, policy: Policy, at: datetime, *, is_signed_off: bool) -> None:
        """Publish a revision in place of what is public."""
        if self.live is not None and self.live.saved == saved:
            return
        shown = Shown(saved, is_signed_off, self.required(policy), self.counting(saved, at))
        self.take_back()
        self.shown.append(shown)
        if saved == self.head:
            self.end_review()

    def take_back(self) -> None:
        """End what is public."""
        for each in self.shown:
            each.is_open = False

    def end_review(self) -> None:
        """End the open review."""
        for each in self.reviews:
            each.is_open = False

    def rights_changed(self, who: str, person: Person) -> None:
        """Close what a person gave and has no right for any more; the names stay."""
        for signed in self.signed:
            if signed.who == who and not person.may_review(self.locale, signed.stage):
                signed.is_open = False
        for objected in self.objected:
            if objected.who == who and not person.may_review(self.locale):
                objected.is_open = False

    def invalidate(self, who: str, since: datetime) -> None:
        """Close what an account signed since a time, and take the names off."""
        for each in self.signed:
            if each.who == who and each.at >= since:
                each.is_open = False
        if self.live is not None:
            self.live.names = [
                each for each in self.live.names if each.who != who or each.at < since
            ]


def stricter(first: Policy, then: Policy) -> dict[str, int]:
    """Return the stages of both, each with the larger number."""
    names: Iterable[str] = dict.fromkeys([*first, *then])
    return {name: max(first.get(name, 0), then.get(name, 0)) for name in names}
