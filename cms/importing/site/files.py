"""Which files a folder holds, and what they said before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path, PurePosixPath

import orjson

from cms.content.slug import slugify
from cms.errors import ContentFileError
from cms.importing.front_matter import FrontMatter, parse_markdown, read_markdown
from cms.importing.site.mapping import MarkdownMapping, Place, refuse_outside

# How much of its words a file has in common with the one that it was before; less makes it
# another file. Files of a kind share headings and phrases, so half would not be enough.
_SAME_FILE = 0.6


@dataclass(frozen=True)
class Change:
    """What became of a file.

    Attributes:
        place: what its path says.
        label: what errors call it.
        text: what it says now; ``None`` if it was deleted.
    """

    place: Place
    label: Path
    text: str | None

    def read(self) -> FrontMatter | None:
        """Return the file; ``None`` if it was deleted.

        Raises:
            ContentFileError: if it cannot be read.
        """
        return parse_markdown(self.label, self.text) if self.text is not None else None


@dataclass(frozen=True)
class Commit:
    """What somebody changed at once.

    Attributes:
        at: when; never earlier than the commit before.
        author: who, as the history has it.
        message: why.
        changes: the files.
        label: what errors call it.
    """

    at: datetime
    author: str
    message: str
    changes: tuple[Change, ...]
    label: Path


@dataclass(frozen=True)
class Names:
    """Which names are those of the same page.

    Attributes:
        present: for the slug of a name that is not used any more, that of its successor.
    """

    present: Mapping[str, str] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """Return what is the same for all names that a page has or had, in all languages."""
        word = slugify(name.rpartition("/")[2])
        seen = {word}
        while (word := self.present.get(word, word)) not in seen:
            seen.add(word)
        return word


def read_folder(folder: Path, mapping: MarkdownMapping) -> Iterator[tuple[Place, FrontMatter]]:
    """Yield the files of a folder that are pages, in the order of their paths.

    Raises:
        ContentFileError: if one cannot be read, or is not in the folder but linked from it.
    """
    if not folder.is_dir():
        raise ContentFileError(folder, None, "not a folder")
    for file in sorted(folder.rglob("*")):
        if file.is_symlink():
            refuse_outside(folder, file)
        place = mapping.place_of(file.relative_to(folder).as_posix())
        if place is not None and file.is_file():
            refuse_outside(folder, file)
            yield place, read_markdown(file)


def read_history(folder: Path, mapping: MarkdownMapping) -> list[Commit]:
    """Return what the files said before, oldest first; nothing if the mapping names no history.

    Raises:
        ContentFileError: naming the line that cannot be read.
    """
    if not mapping.history:
        return []
    file = folder / mapping.history
    refuse_outside(folder, file)
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise ContentFileError(file, None, error.strerror or str(error)) from None
    read = (_line(file, number, line) for number, line in enumerate(lines, 1) if line.strip())
    return list(_commits(read, mapping))


def find_names(
    mapping: MarkdownMapping, commits: Sequence[Commit], present: Iterable[Place]
) -> Names:
    """Return which names of the history are those of pages that have another one now.

    A history may not say that a file was renamed. It was if it is not there any more, and a
    file that says nearly the same appeared after its last change.

    Args:
        mapping: what it says goes before what is found.
        commits: the history.
        present: the places of the files that there are.
    """
    locales = {change.place.locale for commit in commits for change in commit.changes}
    names = {_word(place) for place in present if place.locale in locales}
    declared = {slugify(old): slugify(new) for old, new in mapping.renamed.items()}
    lives = _lives(commits)
    gone = lives.keys() - names - declared.keys()
    found: dict[str, str] = {}
    for name in sorted(gone):
        if successor := _successor(name, lives):
            found[name] = successor
    return Names({**found, **declared})


@dataclass(frozen=True, kw_only=True)
class _Line:
    at: datetime
    author: str
    message: str
    path: str
    text: str | None
    label: Path


@dataclass
class _Life:
    """What the history says of a name: its first and its last text, and when."""

    begun: int
    first: str
    ended: int
    last: str


def _line(file: Path, number: int, line: bytes) -> _Line:
    try:
        value = orjson.loads(line)
        path, at = PurePosixPath(value["path"]), datetime.fromisoformat(value["at"])
        author, message = value["author"], str(value.get("message") or "")
        text = None if value.get("deleted") else value["text"]
    except KeyError as missing:
        raise ContentFileError(file, number, f"{missing} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ContentFileError(file, number, f"not a valid line of a history: {error}") from None
    if path.is_absolute() or ".." in path.parts:
        raise ContentFileError(file, number, f"{path} is outside the folder")
    if at.tzinfo is None:
        raise ContentFileError(file, number, f"{value['at']} has no time zone; add one, or Z")
    if not isinstance(text, str | None):
        raise ContentFileError(file, number, "text must be a string")
    if not isinstance(author, str) or not slugify(author):
        raise ContentFileError(file, number, f"author: {author!r} is not a name")
    label = Path(f"{file}:{number}: {path}")
    return _Line(
        at=at.astimezone(UTC),
        author=author,
        message=message,
        path=str(path),
        text=text,
        label=label,
    )


def _commits(lines: Iterable[_Line], mapping: MarkdownMapping) -> Iterator[Commit]:
    latest = datetime.min.replace(tzinfo=UTC)
    for (at, author, message), group in groupby(lines, lambda e: (e.at, e.author, e.message)):
        # A clock that was wrong does not make history run backwards.
        latest = max(latest, at)
        first, *others = group
        changes = tuple(
            Change(place, line.label, line.text)
            for line in (first, *others)
            if (place := mapping.place_of(line.path)) is not None
        )
        if changes:
            yield Commit(latest, author, message, changes, first.label)


def _word(place: Place) -> str:
    return slugify(place.name.rpartition("/")[2])


def _lives(commits: Sequence[Commit]) -> Mapping[str, _Life]:
    lives: dict[str, _Life] = {}
    for index, commit in enumerate(commits):
        for change in commit.changes:
            name = _word(change.place)
            text = change.text
            life = lives.setdefault(name, _Life(index, text or "", index, text or ""))
            life.ended = index
            life.last = text if text is not None else life.last
    return lives


def _successor(name: str, lives: Mapping[str, _Life]) -> str | None:
    life = lives[name]
    born: defaultdict[int, list[str]] = defaultdict(list)
    for other, each in lives.items():
        if each.begun >= life.ended and other != name:
            born[each.begun].append(other)
    candidates = [
        (_likeness(life.last, lives[each].first), each) for at in born for each in born[at]
    ]
    likeness, best = max(candidates, default=(0.0, ""))
    return best if likeness >= _SAME_FILE else None


def _likeness(one: str, other: str) -> float:
    words = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return words.ratio() if words.real_quick_ratio() >= _SAME_FILE else 0.0
