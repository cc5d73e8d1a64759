"""The old site in a folder: its current pages, their history, and all faults of the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import FrontMatter, read_page_file
from cms.importing.site.faults import Fault, FaultKind, refused
from cms.importing.site.files import files_in, find_names, key_name, read_history
from cms.importing.site.generators.base import Generator
from cms.importing.site.generators.registry import GENERATORS
from cms.importing.site.mapping import MarkdownMapping, PagePlace
from cms.importing.site.page_index import PageKey
from cms.importing.site.page_text import PageText
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
        ContentFileError: if the folder, the settings of the old site or its history cannot be read.
        SiteError: if the mapping does not fit the site.
    """
    generator = _generator(folder, mapping, site)
    faults = [
        Fault(folder / path, None, FaultKind.IGNORED, message)
        for path, message in generator.unread_settings()
    ]
    missing: list[PagePlace] = []
    files = list(_files(folder, generator, faults, missing))
    commits = read_history(folder, generator)
    names = find_names(generator.mapping, commits, [place for place, _ in files])
    old = OldSite(site, folder, generator.mapping, generator, names, with_drafts=with_drafts)
    old.faults = faults
    old.put_current(_texts(old, files, missing))
    old.put_missing(missing)
    old.put_history(commits)
    return old


def why_without_pages(old: OldSite) -> str:
    """Return why a folder has no pages by its mapping; empty if it has some."""
    if old.current or old.commits or any(each.kind is FaultKind.REFUSED for each in old.faults):
        return ""
    left_out = [each for each in old.faults if each.kind is FaultKind.IGNORED]
    if not left_out:
        return "there are no pages in it; give --allow-removals if all were removed"
    first = min(left_out)
    name = first.file.name
    return (
        f"no file in it is a page by this mapping: {name} {first.message}; give the folder that "
        "has the settings of the generator, or say in a mapping where the pages are"
    )


def _texts(
    old: OldSite, files: Iterable[tuple[PagePlace, FrontMatter]], missing: list[PagePlace]
) -> Mapping[PageKey, PageText]:
    """Return the pages in files; add the faults of these files to the site, and those refused."""
    texts: dict[PageKey, PageText] = {}
    slugs: dict[tuple[str, str, str, str], Path] = {}
    for place, source in files:
        try:
            text = old.read(place, source)
            slug = (text.content_type.name, text.key[0], text.category, text.draft.slug)
            if (other := slugs.setdefault(slug, source.file)) is not source.file:
                reason = f"has the slug {text.draft.slug!r}, as {other} has; rename one of them"
                raise source.fault(None, reason)
            text = _with_own_key(old, text, texts)
        except ContentFileError as error:
            old.faults.append(refused(error))
            missing.append(place)
            continue
        texts[text.key] = text
        old.faults += text.faults
        if text.hidden:
            reason = f"is not public: {text.hidden}"
            old.faults.append(Fault(source.file, 1, FaultKind.HIDDEN, reason))
    return texts


def _with_own_key(old: OldSite, text: PageText, texts: Mapping[PageKey, PageText]) -> PageText:
    """Return a page with a key that no other has: names can differ in case or in signs only.

    Raises:
        ContentFileError: if another page has its name because one of them was renamed.
    """
    other = texts.get(text.key)
    if other is None:
        return text
    locale, name = text.key
    places = (text.page.place, other.page.place)
    if any(old.names.key(each.name) != key_name(each.name) for each in places):
        reason = f"another file already is the page {name!r} in {locale!r}"
        raise text.source.fault(None, reason)
    return replace(text, key=(locale, text.page.place.path))


def _generator(folder: Path, mapping: MarkdownMapping, site: Site) -> Generator:
    """Return the rules of the old site, with its settings."""
    if mapping.extends not in GENERATORS:
        known = ", ".join(filter(None, GENERATORS))
        raise SiteError(f"extends: {mapping.extends!r} is unknown; use one of {known}")
    kind = GENERATORS[mapping.extends]
    settings = kind.read_settings(folder)
    locales = list(dict.fromkeys([site.default_locale, *site.locales]))
    configured = kind.configured(mapping, settings, locales)
    configured.check(site)
    return kind(configured, folder, settings)


def _files(
    folder: Path, generator: Generator, faults: list[Fault], missing: list[PagePlace]
) -> Iterator[tuple[PagePlace, FrontMatter]]:
    """Yield the files with pages; add faults for other texts, and the pages that do not come."""
    for path in files_in(folder, faults):
        file = folder / path
        place = generator.place_of(path)
        if place is None:
            if reason := generator.ignored(path):
                faults.append(Fault(file, None, FaultKind.IGNORED, reason))
            continue
        try:
            source = read_page_file(file)
            place = generator.in_language(place, source)
            language = generator.written_language(place, source)
        except ContentFileError as error:
            faults.append(refused(error))
            missing.append(place)
            continue
        if generator.needs_front_matter and not source.has_fences:
            reason = "is not a page of the old site: it has no front matter"
            faults.append(Fault(file, 1, FaultKind.IGNORED, reason))
            continue
        if reason := generator.reason_against_text(place, source):
            faults.append(Fault(file, 1, FaultKind.IGNORED, reason))
            missing.append(place)
            continue
        if language and not generator.locale_of(language):
            if reason := generator.reason_against_language(language):
                faults.append(Fault(file, 1, FaultKind.IGNORED, reason))
                continue
            reason = f"its language {language!r} is not a locale; the page is in {place.locale!r}"
            faults.append(Fault(file, 1, FaultKind.CHANGED, reason))
        yield place, source
