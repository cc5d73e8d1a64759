"""Four eyes: whose work a revision is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Authored:
    """A revision's number within its edition, and the account that saved it."""

    number: int
    author_id: str


def contributors(
    number: int, revisions: Iterable[Authored], published: Iterable[int]
) -> frozenset[str]:
    """Return the accounts whose work is in revision ``number``: none of them may sign it off.

    They are the authors of all revisions since the one that was published before it. That
    the revision itself may have been public does not make its authors strangers to it.

    Args:
        number: the revision in question.
        revisions: all revisions of the edition.
        published: the numbers of those that were ever public.
    """
    base = max((each for each in published if each < number), default=0)
    return frozenset(each.author_id for each in revisions if base < each.number <= number)
