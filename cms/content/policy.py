"""Policies: the sign-offs that a page needs before it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cms.content.keywords import Declaration
from cms.errors import SiteError


@dataclass(frozen=True)
class Stage(Declaration):
    """One step of a policy.

    Attributes:
        name: how reviewers and the API call it; unique within the policy.
        role: the role whose holders sign here; a grant may narrow it to this stage.
        approvals: how many different people have to sign off here.
    """

    name: str
    role: str = "reviewer"
    approvals: int = 1

    def __post_init__(self) -> None:
        if self.approvals < 1:
            raise SiteError(
                f"stage {self.name!r} must have at least 1 approval, not {self.approvals}"
            )


@dataclass(frozen=True)
class Lacking:
    """A stage, and how many more people have to sign off there."""

    stage: Stage
    missing: int


@dataclass(frozen=True, kw_only=True)
class SignOffPolicy(Declaration):
    """Stages in the order in which they are signed.

    Attributes:
        name: how the site calls it.
        stages: at least one; a stage opens when the one before it is complete.
        valid_for: how long a sign-off holds before the page is due for review again.
    """

    name: str = "default"
    stages: tuple[Stage, ...] = (Stage("editorial"),)
    valid_for: timedelta = timedelta(days=365)

    def __post_init__(self) -> None:
        if not isinstance(self.stages, tuple):
            raise SiteError(f"policy {self.name!r} must have stages: stages=(Stage(…),)")
        names = [stage.name for stage in self.stages]
        if not names or len(set(names)) != len(names):
            raise SiteError(
                f"policy {self.name!r}: the names of stages must be different, not {names}"
            )


DEFAULT_POLICY = SignOffPolicy()
