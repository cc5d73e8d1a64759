"""The tree of categories, and the paths in it.

A category's place is a fact; its slugs are those of its editions. The tree path of a category in a
locale joins the slugs of the editions that the site shows there, from the root down: those that are
public, and for a category that is not, those of its newest revisions. So a page that is published
stands where its draft said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sqlalchemy import delete, select, update

from cms.content.addresses import LONGEST_TREE_PATH
from cms.content.builtin import CATEGORY
from cms.errors import DuplicateName, InvalidValue, Refused, UserError
from cms.ledger.counters import wait_for_turn
from cms.reading.periods import is_in_force, is_public_now
from cms.site import Site
from cms.storage.database import ReadSession
from cms.storage.rows import insert_rows
from cms.tables import CategoryPath, CategoryPlace, Edition, Entry, Publication, Revision
from cms.work.work import Work

# The id of a category, and a locale.
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class WrongPath:
    """A tree path that categories cannot have.

    Attributes:
        category_ids: the categories: two that share it, or one with too long a path.
        error: what is wrong with it.
    """

    category_ids: tuple[str, ...]
    error: UserError


@dataclass(frozen=True)
class CategoryTree:
    """The places of all categories, and their slugs.

    Attributes:
        site: the site, which declares the fallbacks of locales.
        parents: the parent of each category; ``None`` for a root.
        public: the slugs that are public, by category and locale.
        drafts: the slugs of the newest revisions.
        before: the tree as it is stored, of one that would come of it.
    """

    site: Site
    parents: Mapping[str, str | None]
    public: Mapping[Key, str]
    drafts: Mapping[Key, str]
    before: CategoryTree | None = field(default=None, repr=False, compare=False)
    _paths: dict[Key, str] = field(default_factory=dict, repr=False, compare=False)

    def lineage(self, category_id: str | None) -> list[str]:
        """Return a category and all above it, the nearest first."""
        return lineage_in(self.parents, category_id)

    def path(self, category_id: str | None, locale: str) -> str:
        """Return the tree path of a category in a locale; empty for none."""
        if category_id is None:
            return ""
        key = category_id, locale
        if key not in self._paths:
            slugs = [self._slug(each, locale) for each in self.lineage(category_id)]
            self._paths[key] = "/".join(reversed(slugs))
        return self._paths[key]

    def paths(self) -> Mapping[Key, str]:
        """Return the tree paths of all categories in all locales."""
        return {
            (each, locale): self.path(each, locale)
            for each in self.parents
            for locale in self.site.locales
        }

    def with_parent(self, category_id: str, parent_id: str | None) -> CategoryTree:
        """Return the tree with a category below another parent."""
        parents = {**self.parents, category_id: parent_id}
        return replace(self, parents=parents, before=self.before or self, _paths={})

    def with_published(self, slugs: Mapping[Key, str]) -> CategoryTree:
        """Return the tree once these slugs are public."""
        public = {**self.public, **slugs}
        return replace(self, public=public, before=self.before or self, _paths={})

    def with_drafted(self, slugs: Mapping[Key, str]) -> CategoryTree:
        """Return the tree once these are the slugs of newest revisions."""
        drafts = {**self.drafts, **slugs}
        return replace(self, drafts=drafts, before=self.before or self, _paths={})

    def wrong_paths(self) -> Iterator[WrongPath]:
        """Yield the paths that several categories have, and new ones that are too long."""
        holders: dict[tuple[str, str], str] = {}
        for (category_id, locale), path in self.paths().items():
            holder = holders.setdefault((locale, path), category_id)
            if holder != category_id:
                message = f"there is already a category {path!r} in {locale!r}"
                error: UserError = DuplicateName(message=message, path=("slug",))
                yield WrongPath((holder, category_id), error)
            elif len(path.encode()) > LONGEST_TREE_PATH and self._is_new(category_id, locale):
                message = (
                    f"the path of {category_id} in {locale!r}, with the categories above it, would "
                    f"have {len(path.encode()):,} bytes; at most {LONGEST_TREE_PATH:,} are allowed"
                )
                error = InvalidValue(message=message, path=("slug",))
                yield WrongPath((category_id,), error)

    def without(self, keys: Collection[Key]) -> CategoryTree:
        """Return the tree once these editions of categories, in their locales, are not public."""
        kept = {each: slug for each, slug in self.public.items() if each not in keys}
        return replace(self, public=kept, before=self.before or self, _paths={})

    def _is_new(self, category_id: str, locale: str) -> bool:
        """Return whether the path of a category is another than the stored one.

        Those of former versions can be longer than new ones.
        """
        path = self.path(category_id, locale)
        return self.before is not None and self.before.path(category_id, locale) != path

    def _slug(self, category_id: str, locale: str) -> str:
        order = self.site.locales_for_built_in(locale)
        for slugs in (self.public, self.drafts):
            for each in order:
                if (category_id, each) in slugs:
                    return slugs[category_id, each]
        # Every category has an edition in the default locale, unless it was purged.
        return category_id


def lineage_in(parents: Mapping[str, str | None], category_id: str | None) -> list[str]:
    """Return a category and all above it, the nearest first, given the parents of categories."""
    found: list[str] = []
    while category_id is not None and category_id not in found:
        found.append(category_id)
        category_id = parents.get(category_id)
    return found


async def hold_tree(work: Work) -> CategoryTree:
    """Return the tree, and lock it until the transaction ends."""
    await wait_for_turn(work.session, "taxonomy")
    return await load_tree(work.session, work.site)


async def load_parents(session: ReadSession) -> Mapping[str, str | None]:
    """Return the parent of each category in a snapshot; ``None`` for a root."""
    places = await session.execute(
        select(CategoryPlace.category_id, CategoryPlace.parent_id).where(is_in_force(CategoryPlace))
    )
    return dict(places.all())


async def load_tree(session: ReadSession, site: Site) -> CategoryTree:
    """Return the tree as it is in a snapshot."""
    public = await session.execute(
        select(Publication.entry_id, Publication.locale, Revision.slug)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(Publication.content_type == CATEGORY, is_public_now(Publication))
    )
    drafts = await session.execute(
        select(Edition.entry_id, Edition.locale, Revision.slug)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(Entry.content_type == CATEGORY, Revision.purged_at.is_(None))
    )
    return CategoryTree(
        site=site,
        parents=await load_parents(session),
        public={(entry, locale): slug for entry, locale, slug in public},
        drafts={(entry, locale): slug for entry, locale, slug in drafts},
    )


async def store_paths(work: Work, tree: CategoryTree) -> frozenset[str]:
    """Store the paths of a tree, and return the ids of the categories whose paths changed.

    Raises:
        Refused: as :func:`refuse_wrong_paths`.
    """
    refuse_wrong_paths(tree)
    stored = await _stored_paths(work.session)
    paths = tree.paths()
    changed = {key: path for key, path in paths.items() if key in stored and stored[key] != path}
    if changed:
        # First to paths that no category has, since two may swap theirs.
        for values in ({key: f"/{key[0]}" for key in changed}, changed):
            rows = [
                {"category_id": category_id, "locale": locale, "path": path}
                for (category_id, locale), path in values.items()
            ]
            await work.session.execute(update(CategoryPath), rows)
    if gone := stored.keys() - paths.keys():  # of locales that the site no longer has
        locales = {locale for _, locale in gone}
        await work.session.execute(delete(CategoryPath).where(CategoryPath.locale.in_(locales)))
    new = [
        CategoryPath(category_id=category_id, locale=locale, path=path)
        for (category_id, locale), path in paths.items()
        if (category_id, locale) not in stored
    ]
    await insert_rows(work.session, new)
    return frozenset(category_id for category_id, _ in changed)


def changed_paths(before: CategoryTree, after: CategoryTree) -> frozenset[str]:
    """Return the ids of the categories that have other paths in one of two trees."""
    known = before.paths()
    return frozenset(key[0] for key, path in after.paths().items() if known.get(key) != path)


def refuse_wrong_paths(tree: CategoryTree) -> None:
    """Check that each path of a tree is that of one category, and not too long.

    Raises:
        Refused: with :class:`~cms.errors.DuplicateName` or :class:`~cms.errors.InvalidValue`.
    """
    for wrong in tree.wrong_paths():
        raise Refused(wrong.error)


async def faults_of_paths(session: ReadSession, tree: CategoryTree) -> list[str]:
    """Return a line for each category whose stored path is not the one that it should have."""
    stored, paths = await _stored_paths(session), tree.paths()
    return [
        f"category {key[0]} is not valid: its tree path in {key[1]} is "
        f"{stored.get(key, 'missing')}, and should be {paths.get(key, 'none')}; "
        "run: copydesk migrate"
        for key in sorted(stored.keys() | paths.keys())
        if stored.get(key) != paths.get(key)
    ]


async def _stored_paths(session: ReadSession) -> Mapping[Key, str]:
    rows = await session.execute(
        select(CategoryPath.category_id, CategoryPath.locale, CategoryPath.path)
    )
    return {(category_id, locale): path for category_id, locale, path in rows}
