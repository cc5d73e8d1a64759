"""The files of a folder and their history."""

from __future__ import annotations

import os
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
from cms.importing.front_matter import FrontMatter, parse_markdown
from cms.importing.site.faults import Fault, FaultKind, refused
from cms.importing.site.generators.base import Generator
from cms.importing.site.mapping import MarkdownMapping, PagePlace, refuse_outside

# The minimum share of common words for a rename. Files of one kind share headings and phrases,
# so half would not be enough.
_SAME_FILE = 0.6


@dataclass(frozen=True)
class Change:
    """A change of a file.

    Attributes:
        place: the locale and name in its path.
        label: its name in errors.
        text: the new text; ``None`` if it was deleted.
    """

    place: PagePlace
    label: Path
    text: str | None

    def read(self) -> FrontMatter | None:
        """Read the file; return ``None`` if it was deleted.

        Raises:
            ContentFileError: if it cannot be read.
        """
        return parse_markdown(self.label, self.text) if self.text is not None else None


@dataclass(frozen=True)
class Commit:
    """A set of changes by one author.

    Attributes:
        at: the time; never earlier than that of the previous commit.
        author: the author in the history.
        message: the message.
        changes: the changed files.
        label: its name in errors.
    """

    at: datetime
    author: str
    message: str
    changes: tuple[Change, ...]
    label: Path


@dataclass(frozen=True)
class Names:
    """The former names of pages.

    Attributes:
        present: the current name for each name that is no longer used.
    """

    present: Mapping[str, str] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """Return the key of a page, which is the same for all its names and locales."""
        word = key_name(name)
        seen = {word}
        while (word := self.present.get(word, word)) not in seen:
            seen.add(word)
        return word


def files_in(folder: Path, faults: list[Fault]) -> Iterator[str]:
    """Yield the paths of the files in a folder, in order, and add faults for what is not read.

    Links to folders are not followed.

    Raises:
        ContentFileError: if it is not a folder.
    """
    if not folder.is_dir():
        raise ContentFileError(folder, None, "not a folder")
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        reason = f"cannot be read: {error.strerror}"
        faults.append(Fault(Path(str(error.filename)), None, FaultKind.REFUSED, reason))

    for at, folders, names in os.walk(folder, onerror=refuse):
        found += [Path(at, each) for each in names]
        found += [Path(at, each) for each in folders if Path(at, each).is_symlink()]
    for file in sorted(found):
        try:
            path = file.relative_to(folder).as_posix()
            path.encode()
            if file.is_symlink():
                refuse_outside(folder, file)
        except UnicodeEncodeError:
            label = Path(os.fsencode(file).decode("utf-8", "replace"))
            faults.append(Fault(label, None, FaultKind.REFUSED, "its path is not UTF-8"))
        except ContentFileError as error:
            faults.append(refused(error))
        else:
            if file.is_dir():
                reason = "links to folders are not followed"
                faults.append(Fault(file, None, FaultKind.IGNORED, reason))
            elif file.is_file():
                yield path
            elif file.is_symlink():
                reason = "is a link to a file that does not exist"
                faults.append(Fault(file, None, FaultKind.IGNORED, reason))


def key_name(name: str) -> str:
    """Return the name of a page as it is compared: each segment as a slug."""
    return "/".join(slugify(each) or each.casefold() for each in name.split("/"))


def read_history(folder: Path, generator: Generator) -> list[Commit]:
    """Return the history, oldest first; empty if the mapping names none.

    Raises:
        ContentFileError: with the line that cannot be read.
    """
    if not generator.mapping.history:
        return []
    file = folder / generator.mapping.history
    refuse_outside(folder, file)
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise ContentFileError(file, None, error.strerror or str(error)) from None
    read = (_line(file, number, line) for number, line in enumerate(lines, 1) if line.strip())
    return list(_commits(read, generator))


def find_names(
    mapping: MarkdownMapping, commits: Sequence[Commit], present: Iterable[PagePlace]
) -> Names:
    """Return the former names of pages in the history.

    A history does not record renames. A file was renamed if it no longer exists and a file with
    nearly the same text appeared after its last change.

    Args:
        mapping: the mapping; its ``renamed`` takes precedence.
        commits: the history.
        present: the places of the current files.
    """
    locales = {change.place.locale for commit in commits for change in commit.changes}
    names = {_word(place) for place in present if place.locale in locales}
    declared = {key_name(old): key_name(new) for old, new in mapping.renamed.items()}
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
    """The first and last text of a name in the history, with their times."""

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


def _commits(lines: Iterable[_Line], generator: Generator) -> Iterator[Commit]:
    latest = datetime.min.replace(tzinfo=UTC)
    places = _Places(generator)
    for (at, author, message), group in groupby(lines, lambda e: (e.at, e.author, e.message)):
        # Clock skew: never earlier than the previous commit.
        latest = max(latest, at)
        first, *others = group
        changes = tuple(
            Change(place, line.label, line.text)
            for line in (first, *others)
            if (place := places.of(line)) is not None
        )
        if changes:
            yield Commit(latest, author, message, changes, first.label)


@dataclass
class _Places:
    """The places of the files of a history; the text of a file can name its language.

    Attributes:
        generator: the rules of the old site.
    """

    generator: Generator
    _known: dict[str, PagePlace] = field(default_factory=dict)

    def of(self, line: _Line) -> PagePlace | None:
        """Return the place of a changed file; that of a deleted one is the one that it had."""
        place = self.generator.place_of(line.path)
        if line.text is None:
            return self._known.get(line.path, place)
        if place is not None:
            try:
                source = parse_markdown(line.label, line.text)
                place = self.generator.in_language(place, source)
            except ContentFileError:  # it is a fault of its own
                return place
            self._known[line.path] = place
        return place


def _word(place: PagePlace) -> str:
    return key_name(place.name)


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
