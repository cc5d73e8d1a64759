"""Records of files of other sites, and of the entries that they are here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.drafts.loading import EditionKey
from cms.events import FilesRecorded
from cms.identifiers import new_id
from cms.storage.dialects import is_among
from cms.tables import Entry, ImportedFile
from cms.work.work import Reading, Work, command


@dataclass(frozen=True, kw_only=True)
class FileOfEntry:
    """A file that is the source of an entry in a locale.

    Attributes:
        path: its path in the imported folder.
        locale: the locale.
        entry_id: the entry, which may have no edition there yet.
    """

    path: str
    locale: str
    entry_id: str


@command(Action.FILES_RECORD)
async def record_files(
    work: Work, source: str, files: Sequence[FileOfEntry], *, ended: Sequence[ImportedFile] = ()
) -> Sequence[ImportedFile]:
    """Record which entries files are, and return the records; the operator's alone.

    Args:
        work: the transaction and the operator.
        source: the system that the files come from.
        files: the files.
        ended: records of files that are moved, or that are not the source of anything any more.

    Raises:
        Refused: if the actor is not the operator.
    """
    work.authorise(Action.FILES_RECORD)
    await work.close(*ended, ended_at=work.now)
    records = [
        ImportedFile(
            id=new_id("import"),
            source=source,
            path=each.path,
            locale=each.locale,
            entry_id=each.entry_id,
            began_at=work.now,
        )
        for each in files
    ]
    await work.insert(*records)
    if changed := [*records, *ended]:
        work.emit(FilesRecorded(subject=changed[0].id, begun=len(records), ended=len(ended)))
    return records


async def recorded_files(
    reading: Reading, source: str, content_types: Collection[str], locales: Collection[str]
) -> list[ImportedFile]:
    """Return the records of a source's files, the oldest first.

    Args:
        reading: the snapshot.
        source: the system that the files come from.
        content_types: the stored names of the content types of the entries.
        locales: the locales.
    """
    rows = await reading.session.scalars(
        select(ImportedFile)
        .join(Entry, Entry.id == ImportedFile.entry_id)
        .where(
            ImportedFile.source == source,
            Entry.content_type.in_(content_types),
            ImportedFile.locale.in_(locales),
        )
        .order_by(ImportedFile.id)
    )
    return list(rows)


async def sources_of(reading: Reading, entry_ids: Iterable[str]) -> Mapping[EditionKey, str]:
    """Return the sources of the files that entries have in their locales."""
    rows = await reading.session.execute(
        select(ImportedFile.entry_id, ImportedFile.locale, ImportedFile.source).where(
            is_among(ImportedFile.entry_id, set(entry_ids)), ImportedFile.ended_at.is_(None)
        )
    )
    return {(entry_id, locale): source for entry_id, locale, source in rows}
