"""Four eyes: whose work a revision is."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True)
class Authored:
    """A revision's number within its edition, the account that saved it, and its digest."""

    number: int
    author_id: str
    digest: str


def contributors(
    number: int,
    revisions: Iterable[Authored],
    published: Iterable[int],
    inherited: Iterable[str] = (),
) -> frozenset[str]:
    """Return the accounts whose work is in revision ``number``: none of them may sign it off.

    They are the authors of all revisions since the one that was published before it. That
    the revision itself may have been public does not make its authors strangers to it. Where
    something older than that publication, which was never public, has come back since, its
    authors came back with it, and the publication before counts.

    Args:
        number: the revision in question.
        revisions: all revisions of the edition.
        published: the numbers of those that were ever public with the sign-offs that they
            needed: what somebody published past them nobody has read.
        inherited: the accounts with whose text the edition began.
    """
    saved = [each for each in revisions if each.number <= number]
    earlier = {each for each in published if each < number}
    shown = {each.digest for each in saved if each.number in earlier}
    bases = (each for each in earlier if not _comes_back(saved, each, shown))
    base = max(bases, default=0)
    authors = frozenset(each.author_id for each in saved if base < each.number)
    return authors if base else authors.union(inherited)


def _comes_back(saved: Iterable[Authored], base: int, shown: AbstractSet[str]) -> bool:
    """Say whether a draft of before ``base`` has been restored after it."""
    before = {each.digest for each in saved if each.number < base} - shown
    return any(each.digest in before for each in saved if each.number > base)
