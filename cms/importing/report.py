"""The report of an import: what it has made, and every fault of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cms.content.canonical_json import JsonObject
from cms.importing.site.faults import Fault, FaultKind
from cms.storage.dialects import as_text

# The counts of what is made, in the order in which they are told.
MADE = (
    *("entries", "editions", "revisions", "publications", "moved", "unpublished"),
    *("redirects", "categories", "authors"),
)
# The kinds of faults that keep a page from arriving, or from being public.
_KEPT_BACK = frozenset({FaultKind.REFUSED, FaultKind.DRAFT})


@dataclass
class ImportReport:
    """The result of an import.

    Attributes:
        source: the system that the files come from.
        folder: the folder of the files.
        files: the number of files with pages.
        entries: the number of their entries.
        editions: the number of their editions.
        made: the numbers of new objects, by :data:`MADE`.
        resolved: the number of resolved links in the current files.
        faults: everything that does not arrive as it is written, by file and line.
        review_due_at: the time when the new publications are due for review; ``None`` if nothing
            was published.
        is_done: whether the import has changed anything; not if it was a rehearsal, or if it was
            to refuse all files for the fault of one.
    """

    source: str
    folder: Path
    files: int = 0
    entries: int = 0
    editions: int = 0
    made: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    faults: list[Fault] = field(default_factory=list)
    review_due_at: datetime | None = None
    is_done: bool = True

    def of_kind(self, *kinds: FaultKind) -> list[Fault]:
        """Return the faults of some kinds."""
        return [each for each in self.faults if each.kind in kinds]

    @property
    def is_complete(self) -> bool:
        """True if each page has arrived, and is public unless it is hidden on its own site."""
        return not any(each.kind in _KEPT_BACK for each in self.faults)

    def lost_values(self) -> list[tuple[str, int]]:
        """Return the keys of front matter whose values are lost, with their numbers of values.

        The most frequent ones come first.
        """
        counted = Counter(each.key for each in self.of_kind(FaultKind.LOST_VALUE))
        return sorted(counted.items(), key=lambda each: (-each[1], each[0]))

    def sort(self) -> None:
        """Order the faults by kind, file and line, each once."""
        kinds = list(FaultKind)
        self.faults = sorted(
            dict.fromkeys(self.faults),
            key=lambda each: (kinds.index(each.kind), each.file, each.line or 0, each.message),
        )

    def to_json(self) -> JsonObject:
        """Return the report as JSON; paths of files are relative to the folder."""
        counted = Counter(each.kind for each in self.faults)
        due_at = as_text(self.review_due_at) if self.review_due_at is not None else None
        return {
            "source": self.source,
            "isDone": self.is_done,
            "isComplete": self.is_complete,
            "read": {"files": self.files, "entries": self.entries, "editions": self.editions},
            "new": {name: self.made[name] for name in MADE},
            "links": {"resolved": self.resolved, "lost": counted[FaultKind.LOST_LINK]},
            "reviewDueAt": due_at,
            "faultCounts": {str(kind): counted[kind] for kind in FaultKind},
            "lostValues": dict(self.lost_values()),
            "faults": [self._fault(each) for each in self.faults],
        }

    def _fault(self, fault: Fault) -> Mapping[str, str | int | None]:
        file = fault.file
        if file.is_relative_to(self.folder):
            file = file.relative_to(self.folder)
        return {
            "kind": str(fault.kind),
            "file": file.as_posix(),
            "line": fault.line,
            "message": fault.message,
            **({"key": fault.key} if fault.key else {}),
        }
