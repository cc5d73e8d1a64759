"""Which sign-offs a digest still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cms.content.policy import Stage


@dataclass(frozen=True)
class Signature:
    """A sign-off, as far as counting it goes."""

    id: str
    digest: str
    stage: str
    account_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Lacking:
    """A stage, and how many more people have to sign off there."""

    stage: Stage
    missing: int


def signatures_that_count(
    signatures: Iterable[Signature], digest: str, contributors: frozenset[str], now: datetime
) -> list[Signature]:
    """Return the signatures on exactly this digest that still hold, by people who may sign."""
    return [
        each
        for each in signatures
        if each.digest == digest and each.account_id not in contributors and each.expires_at > now
    ]


def missing_sign_offs(stages: Sequence[Stage], counting: Iterable[Signature]) -> list[Lacking]:
    """Return the stages that are not complete, in order. One person counts once in a stage."""
    signers = {(each.stage, each.account_id) for each in counting}
    lacking = (
        Lacking(stage, stage.approvals - sum(1 for name, _ in signers if name == stage.name))
        for stage in stages
    )
    return [each for each in lacking if each.missing > 0]
