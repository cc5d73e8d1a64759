"""Decisions on entries that are published, or unpublished, together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cms.errors import UserError
from cms.work.bulk import Batch, Item

Errors = Mapping[int, Sequence[UserError]]


class Rules(Protocol):
    """The rules for the items of a command, which depend on the items that are done with them."""

    async def errors(self, together: Collection[int], wanted: Collection[int]) -> Errors:
        """Return why items cannot be done together with others.

        Args:
            together: the indexes of all items that are done.
            wanted: the indexes of those in question.
        """

    async def errors_at_best(self, together: Collection[int], wanted: Collection[int]) -> Errors:
        """Return why items cannot be done whichever of the others are refused.

        Args:
            together: the indexes of the items that are not refused yet.
            wanted: the indexes of those in question.
        """

    def dependents(self, refused: Collection[int]) -> Collection[int]:
        """Return the items whose errors can change when some are refused."""


async def refuse_failing(batch: Batch[Item], together: Collection[int], rules: Rules) -> None:
    """Refuse the items that cannot be done together, until nothing changes.

    An item can need another, and it can be in the way of another: by its path, or by an anchor
    that it no longer has. So those that fail in any case are refused first, and what they were in
    the way of is decided again without them. Of those that are left in each other's way, the
    first is kept.

    Args:
        batch: the items of the command.
        together: the indexes of the items in question.
        rules: the rules.
    """
    left = set(together)
    failed = changed = dict(await rules.errors(left, left))
    if batch.mode == "all":
        for index, errors in failed.items():
            batch.refuse(index, *errors)
        return
    while failed:
        last = max(failed)
        refused = await _certain(rules, left, changed) or {last: failed[last]}
        for index, errors in refused.items():
            batch.refuse(index, *errors)
        left -= refused.keys()
        again = left.intersection(rules.dependents(refused.keys()))
        changed = dict(await rules.errors(left, again)) if again else {}
        same = failed.keys() - refused.keys() - again
        failed = {index: failed[index] for index in same} | changed


async def _certain(rules: Rules, left: Collection[int], failed: Collection[int]) -> Errors:
    """Return why items that fail cannot be done in any case."""
    return await rules.errors_at_best(left, failed) if failed else {}
