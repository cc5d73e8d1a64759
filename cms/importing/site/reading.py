"""The old site in a folder: its current pages, their history, and all faults of the files."""

from __future__ import annotations

from pathlib import Path

from cms.errors import ContentFileError
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.files import find_names, read_folder, read_history
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_text import PageKey, PageText
from cms.importing.site.pages import OldSite
from cms.site import Site


def read_site(
    folder: Path, mapping: MarkdownMapping, site: Site, *, with_drafts: bool = True
) -> OldSite:
    """Return the old site in a folder.

    A file that cannot be imported is a fault, and the other files are read all the same.

    Args:
        folder: the folder of the files.
        mapping: the mapping from files to content.
        site: the site that the pages come to.
        with_drafts: whether links can point to unpublished pages.

    Raises:
        ContentFileError: if the folder or its history cannot be read.
        SiteError: if the mapping does not fit the site.
    """
    content_type = site.content_type(mapping.content_type)
    mapping.check(site, content_type)
    files = list(read_folder(folder, mapping))
    commits = read_history(folder, mapping)
    names = find_names(mapping, commits, [place for place, _ in files])
    old = OldSite(mapping, content_type, names, {}, with_drafts=with_drafts)
    texts: dict[PageKey, PageText] = {}
    for place, source in files:
        try:
            text = old.read(place, source)
        except ContentFileError as error:
            old.faults.append(Fault(error.file, error.line, FaultKind.REFUSED, error.reason))
            continue
        if text.key in texts:
            locale, name = text.key
            reason = f"another file already is the page {name!r} in {locale!r}"
            old.faults.append(Fault(source.file, 1, FaultKind.REFUSED, reason))
            continue
        texts[text.key] = text
    old.current = texts
    old.commits = commits
    old.slugs = {key: text.draft.slug for key, text in texts.items()}
    for key in texts:
        old.page(key)
    return old
