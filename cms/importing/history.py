"""The history of an import: each commit becomes revisions and publications of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from cms.authorization.actor import OPERATOR
from cms.errors import ContentFileError
from cms.importing.drafting import Drafting, DueText
from cms.importing.existing import DeskEdition
from cms.importing.going_public import GoingPublic, Gone
from cms.importing.session import printable
from cms.importing.site.faults import FaultKind
from cms.importing.site.files import Change, Commit
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage
from cms.importing.transactions import OneTransaction
from cms.work.work import Work

# New texts of pages; ``None`` for deleted pages.
_Texts: TypeAlias = dict[OldPage, "PageText | None"]

_FOLLOWS = "Updates links to pages that were added or removed."


def in_groups(commits: Sequence[Commit], most: int) -> Iterator[Sequence[Commit]]:
    """Yield the commits in groups, each for one transaction.

    Commits of one time are in one group: after an import that ends between groups, the next one
    continues with the first commit that is later than what it finds.

    Args:
        commits: the commits, oldest first.
        most: about the most changes in a group.
    """
    group: list[Commit] = []
    changes = 0
    for commit in commits:
        if changes >= most and commit.at != group[-1].at:
            yield group
            group, changes = [], 0
        group.append(commit)
        changes += len(commit.changes)
    if group:
        yield group


@dataclass(frozen=True)
class History:
    """The commits of an import.

    Attributes:
        drafting: the drafts.
        going_public: the publications; ``None`` if everything stays a draft.
    """

    drafting: Drafting
    going_public: GoingPublic | None

    async def follow(self, work: Work, commit: Commit) -> None:
        """Import a commit."""
        old = self.drafting.old
        texts: _Texts = {}
        for change in commit.changes:
            page = old.page_at(change.place)
            if page.key in self.drafting.foreign:
                continue
            try:
                text = self._read(change)
            except ContentFileError as error:
                # History cannot be corrected; the next version of the file follows.
                self.drafting.fault_at(FaultKind.IGNORED, error)
                continue
            if text is not None or page not in texts:  # it may have been renamed
                texts[page] = text
        before = {page: replace(page) for page in texts}
        for page, text in texts.items():
            old.put(page, text)
        if any(self._is_new(page, commit) for page in texts):
            await self._change(work.by(OPERATOR, commit.at), commit, texts, before)

    async def _change(
        self, work: Work, commit: Commit, texts: _Texts, before: dict[OldPage, OldPage]
    ) -> None:
        """Save and publish what a commit has changed, and the pages that link to it."""
        old, drafting = self.drafting.old, self.drafting
        moved = [page for page in texts if old.stands(page) != old.stands(before[page])]
        gone = [page for page in moved if not old.stands(page)]
        due = [
            *(
                DueText(page, text, text.author or commit.author, _note_on(commit, text))
                for page, text in texts.items()
                if text is not None
            ),
            *(
                DueText(page, page.text, page.text.author, _FOLLOWS)
                for page in old.touched_by(texts, moved)
                if page.text is not None
            ),
        ]
        due = [each for each in due if self._is_new(each.page, commit)]
        second = await drafting.second_singletons(work, [each.page for each in due])
        due = [each for each in due if each.page not in second]  # nor are their current files
        await drafting.give_entries(work, [each.page for each in due])
        writings = await drafting.prepare(work, due, FaultKind.IGNORED)
        await drafting.save(OneTransaction(work), writings, kind=FaultKind.IGNORED)
        if self.going_public is not None:
            waiting = self.going_public.waiting([each.page for each in due])
            await self.going_public.publish(work, waiting, FaultKind.IGNORED)
            left = (self._public(page, commit) for page in gone)
            records = [Gone(each, Path(each.slug)) for each in left if each is not None]
            await self.going_public.unpublish(work, records)

    def _read(self, change: Change) -> PageText | None:
        source = change.read()
        return self.drafting.old.read(change.place, source) if source is not None else None

    def _is_new(self, page: OldPage, commit: Commit) -> bool:
        """Return whether a change of a page was not imported before."""
        edition = self.drafting.desk.editions.get(page.key)
        return edition is None or edition.is_before(commit.at)

    def _public(self, page: OldPage, commit: Commit) -> DeskEdition | None:
        """Return the public edition of a page that a commit has deleted."""
        edition = self.drafting.desk.editions.get(page.key)
        is_public = edition is not None and edition.live is not None
        return edition if is_public and self._is_new(page, commit) else None


def _note_on(commit: Commit, text: PageText) -> str:
    return printable(commit.message) or f"Imported from {text.source.file.name}."
