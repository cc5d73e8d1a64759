"""Editions that begin: each is inserted together with its first revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cms.content.content_type import ContentType
from cms.content.snapshot import Draft
from cms.drafts.addresses import PagesAhead
from cms.drafts.category_tree import CategoryTree
from cms.drafts.contributors import contributors_among
from cms.drafts.free_slugs import Wish, free_slugs, proposed_slug
from cms.drafts.link_targets import NO_PAGES
from cms.drafts.revisions import About, Addition, add_revisions, refusals_of, stored_forms
from cms.identifiers import new_id
from cms.tables import Edition, EditionContributor, Entry, Revision
from cms.work.bulk import Decisions, Outcome, alone
from cms.work.work import Work

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class NewEdition:
    """An edition to be created.

    Attributes:
        entry: its entry.
        locale: its locale.
        draft: the values of its first revision.
        about: the values of that revision beside its content.
        slug: the slug to begin with where the draft has none; by default that of the title. A
            number is added if it is taken.
    """

    entry: Entry
    locale: str
    draft: Draft
    about: About
    slug: str = ""


def entry_of(work: Work, content_type: type[ContentType], identifier: str) -> Entry:
    """Return an entry that is not inserted yet."""
    return Entry(
        id=identifier,
        content_type=content_type.stored_name,
        singleton=content_type.stored_name if content_type.singleton else None,
        created_at=work.now,
    )


async def new_entry(work: Work, content_type: type[ContentType]) -> Entry:
    """Insert an entry that has no edition yet, and return it."""
    entry = entry_of(work, content_type, new_id(content_type.id_kind))
    await work.insert(entry)
    return entry


async def first_additions(
    work: Work,
    batch: Decisions[T],
    new: Mapping[int, NewEdition],
    expected: PagesAhead = NO_PAGES,
) -> tuple[dict[int, Addition], CategoryTree | None]:
    """Return the first revisions of new editions, by index, and refuse those that do not fit.

    They can link to each other. Beside them is the tree of categories with them, held until the
    transaction ends, if it changes.

    Args:
        work: the transaction and the actor.
        batch: the items of the command.
        new: the editions by the index of their item.
        expected: the pages that will stand at paths, whatever stands there now.
    """
    slugs = await _proposed_slugs(work, new)
    pages = [
        (
            work.site.stored_type(each.entry.content_type),
            Edition(
                id=new_id("edition"),
                entry_id=each.entry.id,
                locale=each.locale,
                content_type=each.entry.content_type,
                created_at=work.now,
            ),
            replace(each.draft, slug=slugs.get(index, each.draft.slug)),
        )
        for index, each in new.items()
    ]
    additions: dict[int, Addition] = {}
    forms = await stored_forms(work, pages, are_new=True, expected=expected)
    for index, stored in zip(new, forms, strict=True):
        batch.refuse(index, *stored.errors)
        additions[index] = Addition(stored, None, new[index].about)
    refused, tree = await refusals_of(work, batch.still(additions))
    for index, errors in refused.items():
        batch.refuse(index, *errors)
    return batch.still(additions), tree


async def _proposed_slugs(work: Work, new: Mapping[int, NewEdition]) -> Mapping[int, str]:
    """Return free slugs for those new editions whose drafts have none, by index."""
    wishes = {
        index: Wish(
            content_type,
            each.entry.id,
            each.locale,
            each.draft.category,
            each.draft.slug or each.slug or proposed_slug(each.draft.title),
        )
        for index, each in new.items()
        # The slugs of categories and people are looked at by rules of their own.
        if not (content_type := work.site.stored_type(each.entry.content_type)).is_built_in()
        and not content_type.singleton
    }
    without = {index: each for index, each in wishes.items() if not new[index].draft.slug}
    others = [each for index, each in wishes.items() if index not in without and each.slug]
    return await free_slugs(work, {i: each for i, each in without.items() if each.slug}, others)


async def without_refused(
    work: Work,
    new: Mapping[int, NewEdition],
    additions: dict[int, Addition],
    expected: PagesAhead = NO_PAGES,
) -> dict[int, Addition]:
    """Return the first revisions of new editions, without links to those that are refused.

    Args:
        work: the transaction and the actor.
        new: the editions by the index of their item.
        additions: the first revisions of those of them that are not refused.
        expected: the pages that will stand at paths, whatever stands there now.
    """
    gone = {each.entry.id for index, each in new.items() if index not in additions}
    edges = (edge for each in additions.values() for edge in each.stored.snapshot.edges)
    if not any(edge.target in gone for edge in edges):
        return additions
    pages = [each.stored.page for each in additions.values()]
    forms = await stored_forms(
        work,
        [(each.content_type, each.edition, each.draft) for each in pages],
        are_new=True,
        expected=expected,
    )
    return {
        index: replace(additions[index], stored=stored)
        for index, stored in zip(additions, forms, strict=True)
    }


async def insert_editions(
    work: Work, additions: Sequence[Addition], tree: CategoryTree | None
) -> list[Revision]:
    """Insert new editions of entries that there are, and return their first revisions.

    Args:
        work: the transaction and the actor.
        additions: the first revisions, of :func:`first_additions`.
        tree: the tree that it returned.
    """
    await work.insert(*(each.edition for each in additions))
    return await add_revisions(work, additions, tree)


async def inherit(work: Work, sources: Iterable[tuple[Revision, Revision]]) -> None:
    """Remember whose text new editions began with: none of them may sign it off.

    Args:
        work: the transaction.
        sources: the revisions that they began from, each with the first revision.
    """
    pairs = list(sources)
    contributors = await contributors_among(work, [source for source, _ in pairs])
    await work.insert(
        *(
            EditionContributor(edition_id=first.edition_id, contributor_id=contributor_id)
            for source, first in pairs
            for contributor_id in sorted(contributors[source.id])
        )
    )


async def first_edition(work: Work, entry: Entry, draft: Draft, locale: str, note: str) -> Revision:
    """Insert a new edition of an entry with its first revision, and return that.

    Raises:
        Refused: with everything in the draft that does not fit.
    """
    return await alone(_insert(work, NewEdition(entry, locale, draft, About(note=note))))


async def _insert(work: Work, new: NewEdition) -> list[Outcome[Revision]]:
    batch = Decisions([new], "all", [(new.entry.id, new.locale)])
    additions, tree = await first_additions(work, batch, {0: new})
    batch.settle()
    (revision,) = await insert_editions(work, list(additions.values()), tree)
    return batch.outcomes({0: revision})
