"""Matching of files with entries: by record, by what was moved, or by slug."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from cms.content.canonical_json import Json
from cms.content.snapshot import Draft, draft_of
from cms.drafts.loading import EditionKey, rows_by_id
from cms.errors import ContentFileError
from cms.importing.existing import entries_by_slug
from cms.importing.recording import recorded_files, sources_of
from cms.importing.site.faults import FaultKind
from cms.importing.site.page_index import PageKey
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage, OldSite
from cms.storage.dialects import is_among
from cms.tables import Edition, Entry, ImportedFile, Revision
from cms.work.work import Reading

# The share of words that a moved file has in common with the one before.
_SAME_FILE = 0.6
# Of fewer known files, most can be missing.
_FEW = 3
# The most pairs of files that are compared word by word.
_MOST_PAIRS = 20_000


@dataclass
class Matches:
    """The entries of the pages in files.

    Attributes:
        entries: the entry of each page that has one.
        recorded: the pages whose files are recorded already, with these records.
        moved: the records of files that are elsewhere now.
        gone: the records of files that are not there any more.
        skipped: the records of files that are there, and are not pages any more.
        came_back: the pages whose files were gone before, with the last records of these.
        foreign: the pages that another import has brought, with the source of that.
        retyped: the pages whose entries have another content type, with their records.
        refused: the entries of files that are known and were refused now, with their paths.
    """

    entries: dict[PageKey, str] = field(default_factory=dict)
    recorded: dict[PageKey, ImportedFile] = field(default_factory=dict)
    moved: list[ImportedFile] = field(default_factory=list)
    gone: list[ImportedFile] = field(default_factory=list)
    skipped: list[ImportedFile] = field(default_factory=list)
    came_back: dict[PageKey, ImportedFile] = field(default_factory=dict)
    foreign: dict[PageKey, str] = field(default_factory=dict)
    retyped: dict[PageKey, ImportedFile] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


async def match_files(
    reading: Reading, old: OldSite, folder: Path, source: str, *, allows_removals: bool
) -> Matches:
    """Return the entries of the pages in current files.

    Args:
        reading: the snapshot.
        old: the pages.
        folder: the folder of the files.
        source: the system that they come from.
        allows_removals: whether most of the known files can be gone.

    Raises:
        ContentFileError: if files of this source are known, and the folder has none of them; or
            if it has less than half of them, and they cannot be gone.
    """
    types = {each.stored_name for each in old.site.content_types.values()}
    records = await recorded_files(reading, source, types, [*old.mapping.locales])
    entries = await rows_by_id(reading, Entry, {each.entry_id for each in records})
    stored = {entry_id: str(each.content_type) for entry_id, each in entries.items()}
    matching = _Matching(reading, old, folder, source, records, stored)
    return await matching.run(allows_removals=allows_removals)


def path_of(folder: Path, text: PageText) -> str:
    """Return the path of a page's file in the folder."""
    return text.source.file.relative_to(folder).as_posix()


class _Matching:
    """The search for the entries of pages.

    Args:
        reading: the snapshot.
        old: the pages.
        folder: the folder of the files.
        source: the system that they come from.
        records: the records of that source.
        types: the stored names of the content types of their entries.
    """

    def __init__(
        self,
        reading: Reading,
        old: OldSite,
        folder: Path,
        source: str,
        records: Sequence[ImportedFile],
        types: Mapping[str, str],
    ) -> None:
        self._types = types
        self._reading, self._old, self._folder, self._source = reading, old, folder, source
        self._open = {str(each.path): each for each in records if each.ended_at is None}
        self._ended = {str(each.path): each for each in records if each.ended_at is not None}
        self._paths = {path_of(folder, text): key for key, text in old.current.items()}
        self.matches = Matches()
        self._taken: set[EditionKey] = set()

    async def run(self, *, allows_removals: bool) -> Matches:
        """Return what was found."""
        self._match_paths()
        missing = [each for path, each in self._open.items() if self._is_missing(path)]
        await self._match_moved(missing)
        if missing and not allows_removals:
            self._check_missing(len(missing) - len(self.matches.moved))
        self._match_ended()
        self._match_translations()
        await self._match_slugs()
        self._match_translations()
        for record in missing:
            if record in self.matches.moved:
                continue
            # A new file can be the same page in this locale.
            is_taken = (record.entry_id, record.locale) in self._taken
            (self.matches.moved if is_taken else self.matches.gone).append(record)
        refused = {each.file for each in self._old.faults if each.kind is FaultKind.REFUSED}
        self.matches.refused = {
            record.entry_id: path
            for path, record in self._open.items()
            if (path not in self._paths and self._folder / path in refused)
            or self._paths.get(path) in self.matches.retyped
        }
        self.matches.skipped = [
            record
            for path, record in self._open.items()
            if path not in self._paths
            and record not in missing
            and self._folder / path not in refused
            and (record.entry_id, record.locale) not in self._taken
        ]
        return self.matches

    def _is_missing(self, path: str) -> bool:
        file = self._folder / path
        try:
            return not (file.is_file() or file.is_symlink())  # a link to nothing is a fault
        except OSError:  # it is in a folder that cannot be read
            return False

    def _check_missing(self, missing: int) -> None:
        """Refuse a folder that seems to be another one than that of the last import."""
        known = len(self._open)
        if missing == known or (known >= _FEW and missing * 2 > known):
            reason = (
                f"{missing} of the {known} files of {self._source!r} that were imported before are "
                "not in this folder; give the files of another folder, or those for another "
                "mapping, another --source; give --allow-removals if they were removed"
            )
            raise ContentFileError(self._folder, None, reason)

    def _take(self, key: PageKey, entry_id: str) -> None:
        self.matches.entries[key] = entry_id
        self._taken.add((entry_id, key[0]))

    def _unmatched(self) -> list[OldPage]:
        pages = (self._old.page(key) for key in self._old.current)
        known = self.matches.entries.keys() | self.matches.retyped.keys()
        return [each for each in pages if each.key not in known]

    def _match_paths(self) -> None:
        for path, key in self._paths.items():
            record = self._open.get(path)
            if record is None or record.locale != key[0]:
                continue
            if not self._is_of_type(record, key):
                self.matches.retyped[key] = record
                self._taken.add((record.entry_id, key[0]))
                continue
            self._take(key, record.entry_id)
            self.matches.recorded[key] = record

    def _is_of_type(self, record: ImportedFile, key: PageKey) -> bool:
        return self._types[record.entry_id] == self._old.page(key).content_type.stored_name

    async def _match_moved(self, missing: Sequence[ImportedFile]) -> None:
        """Match files that are gone with new ones: by their names in the mapping, or by words."""
        if not missing:
            return
        by_name = {page.key: page for page in self._unmatched()}
        left: list[ImportedFile] = []
        for record in missing:
            place = self._old.generator.place_of(str(record.path))
            key = self._old.key_of(place) if place is not None else None
            if (
                key is not None
                and key in by_name
                and key[0] == record.locale
                and self._is_of_type(record, key)
            ):
                self._move(record, key)
                del by_name[key]
            else:
                left.append(record)
        for record, key in await self._alike(left, list(by_name.values())):
            self._move(record, key)

    def _move(self, record: ImportedFile, key: PageKey) -> None:
        self._take(key, record.entry_id)
        self.matches.moved.append(record)

    async def _alike(
        self, records: Sequence[ImportedFile], pages: Sequence[OldPage]
    ) -> list[tuple[ImportedFile, PageKey]]:
        """Return pairs of a record and a page with nearly the same words, each in one pair."""
        words = await self._words_of(records)
        known = [each for each in records if each.id in words]
        new = [(page, _words(self._old.current[page.key].draft)) for page in pages]
        found: list[tuple[float, str, PageKey, ImportedFile]] = []
        compares_all = len(known) * len(new) <= _MOST_PAIRS
        for record in known:
            for page, of_page in new:
                content_type, of_record = words[record.id]
                if (page.locale, page.content_type.stored_name) != (record.locale, content_type):
                    continue
                if not compares_all and not self._share_name(record, page):
                    likeness = 1.0 if of_record == of_page else 0.0
                else:
                    likeness = _likeness(of_record, of_page)
                if likeness >= _SAME_FILE:
                    found.append((likeness, record.id, page.key, record))
        return list(_best(found))

    def _share_name(self, record: ImportedFile, page: OldPage) -> bool:
        file = self._old.current[page.key].source.file
        return PurePosixPath(str(record.path)).name == file.name

    async def _words_of(
        self, records: Sequence[ImportedFile]
    ) -> Mapping[str, tuple[str, Sequence[str]]]:
        """Return the content types of records, and the words of their newest revisions."""
        wanted = {(each.entry_id, each.locale): each.id for each in records}
        rows = await self._reading.session.execute(
            select(Edition.entry_id, Edition.locale, Edition.head_id).where(
                is_among(Edition.entry_id, {each.entry_id for each in records})
            )
        )
        heads = {
            str(head_id): wanted[entry_id, locale]
            for entry_id, locale, head_id in rows
            if (entry_id, locale) in wanted and head_id is not None
        }
        revisions = await rows_by_id(self._reading, Revision, heads)
        return {
            heads[each.id]: (content_type.stored_name, _words(draft_of(content_type, each.content)))
            for each in revisions.values()
            if each.purged_at is None
            for content_type in [self._reading.site.stored_type(str(each.content["type"]))]
        }

    def _match_ended(self) -> None:
        """Match files that are there again."""
        for path, key in self._paths.items():
            record = self._ended.get(path)
            if record is None or key in self.matches.entries or record.locale != key[0]:
                continue
            if not self._is_of_type(record, key):
                continue
            if (record.entry_id, key[0]) not in self._taken:
                self._take(key, record.entry_id)
                self.matches.came_back[key] = record

    def _match_translations(self) -> None:
        """Match pages with the entries of the same pages in other locales."""
        by_name: dict[str, str] = {}
        for (_, name), entry_id in self.matches.entries.items():
            by_name.setdefault(name, entry_id)
        for page in self._unmatched():
            known = by_name.get(page.key[1])
            if known is not None and (known, page.locale) not in self._taken:
                self._take(page.key, known)

    async def _match_slugs(self) -> None:
        """Match pages with entries by slug, unless these have files of their own."""
        found = await entries_by_slug(self._reading, self._unmatched())
        sources = await sources_of(self._reading, found.values())
        for key, entry_id in found.items():
            source = sources.get((entry_id, key[0]))
            if source is None and (entry_id, key[0]) not in self._taken:
                self._take(key, entry_id)
            elif source not in (None, self._source):
                self.matches.foreign[key] = str(source)


def _best(
    found: Collection[tuple[float, str, PageKey, ImportedFile]],
) -> Iterator[tuple[ImportedFile, PageKey]]:
    """Yield pairs, those with the most words in common first; each record and page once."""
    records, pages = set[str](), set[PageKey]()
    ordered = sorted(found, key=lambda each: (-each[0], each[1], each[2]))
    for _, identifier, key, record in ordered:
        if identifier not in records and key not in pages:
            records.add(identifier)
            pages.add(key)
            yield record, key


def _words(draft: Draft) -> Sequence[str]:
    texts = [draft.title, draft.summary, *_texts_in([*draft.fields.values()])]
    return " ".join(texts).split()


def _texts_in(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts_in(each)
        case list() | tuple():
            for each in value:
                yield from _texts_in(each)


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    words = SequenceMatcher(None, one, other, autojunk=False)
    if words.real_quick_ratio() < _SAME_FILE or words.quick_ratio() < _SAME_FILE:
        return 0.0
    return words.ratio()
