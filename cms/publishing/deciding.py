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
    first is kept; the others are tried again in the end, since what was in their way may be
    refused as well by then.

    Args:
        batch: the items of the command.
        together: the indexes of the items in question.
        rules: the rules.
    """
    left = set(together)
    failed = changed = dict(await rules.errors(left, left))
    refused: dict[int, Sequence[UserError]] = {}
    in_doubt: set[int] = set()
    while failed and batch.mode == "each":
        certain = await _certain(rules, left, changed)
        last = max(failed)
        going = certain or {last: failed[last]}
        refused |= going
        if not certain:
            in_doubt.add(last)
        left -= going.keys()
        again = left.intersection(rules.dependents(going.keys()))
        changed = dict(await rules.errors(left, again)) if again else {}
        same = failed.keys() - going.keys() - again
        failed = {index: failed[index] for index in same} | changed
    for index in await _readmitted(rules, left, in_doubt):
        del refused[index]
    for index, errors in {**refused, **failed}.items():
        batch.refuse(index, *errors)


async def _certain(rules: Rules, left: Collection[int], failed: Collection[int]) -> Errors:
    """Return why items that fail cannot be done in any case."""
    return await rules.errors_at_best(left, failed) if failed else {}


async def _readmitted(rules: Rules, left: Collection[int], in_doubt: Collection[int]) -> set[int]:
    """Return those of the items in doubt that can be done with the items that are left."""
    done, added = set(left), set[int]()
    while True:
        before = len(added)
        for index in sorted(set(in_doubt) - added):
            beside = {index, *done}
            affected = beside.intersection({index, *rules.dependents([index])})
            if not await rules.errors(beside, affected):
                done.add(index)
                added.add(index)
        if len(added) == before:
            return added
