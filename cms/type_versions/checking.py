"""The check of changed content types against what is stored: ``copydesk types check``."""

from __future__ import annotations

from bisect import insort
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from cms.content.canonical_json import JsonObject
from cms.drafts.category_tree import load_tree
from cms.ledger.progress import Watch, unwatched
from cms.publishing.moving import moves_to_types, obstacles_to_moves
from cms.reading.aliases import aliased_table
from cms.reading.periods import is_public_now
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Edition, Entry, Publication, Review, Revision, RoleGrant
from cms.type_versions.anchors import lost_anchors
from cms.type_versions.changes import (
    TypeChange,
    changes_between,
    pair,
    removed_fields,
    types_that_derive_otherwise,
)
from cms.type_versions.declaration import DeclaredSite, DeclaredType
from cms.type_versions.fitting import fittings_of, misfits_in, types_of
from cms.type_versions.misfits import KeptContent, Left
from cms.type_versions.versions import Binding
from cms.work.work import Reading

# The most entries that are named for one problem.
_MOST_NAMED = 10
_CHANGE_LINKS = (
    "change or remove the link in these pages, sign off and publish them; or unpublish them"
)
# What is archived is in the way of no change.
_IS_HEAD: ColumnElement[bool] = Entry.archived_at.is_(None)


@dataclass(frozen=True)
class NamedEntry:
    """An entry with a problem.

    Attributes:
        entry_id: the entry.
        locale: the locale of its edition.
        title: its title.
        is_public: whether readers see it.
    """

    entry_id: str
    locale: str
    title: str
    is_public: bool


@dataclass
class Problem:
    """A reason why the content types cannot change yet.

    Attributes:
        place: what is changed: ``Article.plan``.
        reason: why it cannot.
        remedy: what to do.
        count: the number of contents.
        entries: the first of them.
    """

    place: str
    reason: str
    remedy: str
    count: int
    entries: list[NamedEntry]

    def to_json(self) -> JsonObject:
        """Return the problem as JSON."""
        return {
            "place": self.place,
            "reason": self.reason,
            "remedy": self.remedy,
            "count": self.count,
            "entries": [asdict(each) for each in self.entries],
        }

    def words(self) -> Iterator[str]:
        """Yield the lines for people."""
        yield f"{self.place}: {self.reason}"
        for each in self.entries:
            public = ", public" if each.is_public else ""
            yield f"    {each.entry_id} ({each.locale}{public}) {each.title}"
        if self.count > len(self.entries):
            yield f"    and {self.count - len(self.entries):,} more"
        yield f"    To do: {self.remedy}."


@dataclass(frozen=True)
class TypesReport:
    """The meaning of a change of the content types for what is stored.

    Attributes:
        number: the number of the version in the database; 0 for none.
        changes: the changes of the declaration.
        problems: the reasons why it cannot be migrated yet.
        notices: what is different afterwards, in sentences.
    """

    number: int
    changes: Sequence[TypeChange]
    problems: Sequence[Problem]
    notices: Sequence[str]

    def to_json(self) -> JsonObject:
        """Return the report as JSON."""
        return {
            "version": self.number,
            "changes": [asdict(each) for each in self.changes],
            "problems": [each.to_json() for each in self.problems],
            "notices": list(self.notices),
        }


async def check_types(reading: Reading, binding: Binding, watch: Watch = unwatched) -> TypesReport:
    """Return what a site's declaration changes, and what is in the way.

    Args:
        reading: a snapshot.
        binding: the site, bound to the newest version of its types.
        watch: gives the function that shows the progress.
    """
    if binding.known is None or binding.before is None:
        return TypesReport(0, (), (), ())
    before, after = binding.before, binding.declaration
    changes = changes_between(binding.known.declaration, after)
    if not changes:
        return TypesReport(binding.known.number, (), (), ())
    check = _Check(reading, binding.site, before, after, watch)
    problems = [each async for each in check.problems()]
    notices = [each async for each in check.notices()]
    return TypesReport(binding.known.number, changes, problems, notices)


@dataclass
class _Problems:
    """Problems, each with the entries that share it.

    Attributes:
        found: the problems by place, reason and remedy, where reasons can be those of a group.
    """

    found: dict[tuple[str, str, str], Problem] = field(default_factory=dict)

    def add(self, key: tuple[str, str, str], reason: str, entry: NamedEntry) -> None:
        """Add an entry to its problem; the reason is shown if it is the first."""
        place, _, remedy = key
        problem = self.found.setdefault(key, Problem(place, reason, remedy, 0, []))
        problem.count += 1
        insort(problem.entries, entry, key=lambda each: (each.entry_id, each.locale))
        del problem.entries[_MOST_NAMED:]


@dataclass
class _Left:
    """The numbers of contents that still have a value of a removed field."""

    contents: int = 0
    public: int = 0


class _Check:
    """Looks for what is in the way of a change."""

    def __init__(
        self,
        reading: Reading,
        site: Site,
        before: DeclaredSite,
        after: DeclaredSite,
        watch: Watch,
    ) -> None:
        self._reading = reading
        self._site = site
        self._before = before
        self._after = after
        self._watch = watch
        self._left: dict[str, _Left] = {}
        self._with_several: set[str] = set()

    @property
    def _session(self) -> ReadSession:
        return self._reading.session

    async def problems(self) -> AsyncIterator[Problem]:
        """Yield the reasons why the types cannot change yet."""
        for problem in self._required_gone():
            yield problem
        for each in (
            self._types_gone(),
            self._locales_gone(),
            self._default_locale(),
            self._fallbacks(),
            self._singletons(),
            self._misfits(),
            self._anchors(),
            self._moves(),
        ):
            async for problem in each:
                yield problem

    async def notices(self) -> AsyncIterator[str]:
        """Yield what is different afterwards, once all problems are known."""
        for place, left in self._left.items():
            yield (
                f"{place}: {left.contents:,} contents still have a value, {left.public:,} of them "
                "public; it leaves the next draft of each, and stays in history"
            )
        for each in (
            self._notices_of_policies(),
            self._notices_of_locales(),
            self._notices_of_grants(),
        ):
            async for notice in each:
                yield notice

    async def _notices_of_policies(self) -> AsyncIterator[str]:
        for name, former in pair(self._before.types, self._after.types).same.items():
            old, new = self._before.types[former], self._after.types[name]
            if old.stages == new.stages:
                continue
            is_open = (Review.ended_at.is_(None), Entry.content_type == new.stored)
            reviews = await self._session.scalar(
                select(func.count())
                .select_from(Review)
                .join(Edition, Edition.id == Review.edition_id)
                .join(Entry, Entry.id == Edition.entry_id)
                .where(*is_open)
            )
            if reviews:
                yield (
                    f"{reviews} open reviews of {name} keep the stages that they were requested "
                    "with, and need those of the new policy as well; withdraw a review and "
                    "request it again for the new stages alone"
                )

    async def _notices_of_locales(self) -> AsyncIterator[str]:
        for locale in self._before.locales:
            if locale not in self._after.locales:
                drafts = await self._count(_used(_IS_HEAD).where(Edition.locale == locale))
                if drafts:
                    yield f"{drafts} drafts in {locale} are kept, and not seen"
        default = self._after.locales[0]
        if default != self._before.locales[0]:
            has_edition = exists().where(Edition.entry_id == Entry.id, Edition.locale == default)
            entries = await self._session.scalar(
                select(func.count()).select_from(Entry).where(_IS_HEAD, ~has_edition)
            )
            if entries:
                yield (
                    f"{entries} entries have no edition in {default}; name the locale to edit them"
                )

    async def _notices_of_grants(self) -> AsyncIterator[str]:
        """Yield the numbers of roles that are limited to what is gone."""
        before, after = self._before.types, self._after.types
        for name, former in pair(before, after).same.items():
            of_type = or_(
                RoleGrant.content_type.is_(None), RoleGrant.content_type == after[name].stored
            )
            for stage in sorted(_stages(before[former]) - _stages(after[name])):
                if count := await self._count_grants(RoleGrant.stage == stage, of_type):
                    yield (
                        f"{count} roles are limited to the stage {stage}, which {name} has no "
                        "more; grant those that are needed for its stages"
                    )
        for locale in self._before.locales:
            if locale in self._after.locales:
                continue
            if count := await self._count_grants(RoleGrant.locale == locale):
                yield f"{count} roles are limited to the locale {locale}, which is gone"
        for name in pair(before, after).removed:
            of_removed = RoleGrant.content_type == before[name].stored
            if count := await self._count_grants(of_removed):
                yield f"{count} roles are limited to the content type {name}, which is gone"

    async def _count_grants(self, *conditions: ColumnElement[bool]) -> int:
        chosen = select(func.count()).select_from(RoleGrant)
        is_open = RoleGrant.revoked_at.is_(None)
        return await self._session.scalar(chosen.where(is_open, *conditions)) or 0

    def _required_gone(self) -> Iterator[Problem]:
        for place, removed in removed_fields(self._before, self._after):
            if removed.required:
                yield Problem(
                    place,
                    "is required, so that clients rely on it",
                    "declare it with required=False, migrate, and remove it then",
                    0,
                    [],
                )

    async def _types_gone(self) -> AsyncIterator[Problem]:
        for name in pair(self._before.types, self._after.types).removed:
            stored = self._before.types[name].stored
            async for problem in self._in_use(
                name,
                "the content type is gone, and entries are of it",
                f"take them back (copydesk unpublish --type {name} --reason …) and archive them; "
                f"or declare the type that it became with was={name!r}",
                _used(_IS_HEAD).where(Entry.content_type == stored),
            ):
                yield problem

    async def _locales_gone(self) -> AsyncIterator[Problem]:
        for locale in self._before.locales:
            if locale in self._after.locales:
                continue
            open_review = exists().where(Review.edition_id == Edition.id, Review.ended_at.is_(None))
            async for problem in self._in_use(
                locale,
                "the locale is gone, and editions in it are public or in review",
                f"take them back (copydesk unpublish --locale {locale} --reason …) and withdraw "
                "the reviews",
                _used(open_review).where(Edition.locale == locale),
            ):
                yield problem

    async def _default_locale(self) -> AsyncIterator[Problem]:
        old, new = self._before.locales[0], self._after.locales[0]
        if old == new:
            return
        async for problem in self._in_use(
            f"locales={self._after.locales!r}",
            f"the default locale becomes {new}, in which readers would not see these entries",
            f"publish them in {new}, or declare fallbacks={{{new!r}: [{old!r}]}}",
            _used().where(self._not_shown_in(new)),
        ):
            yield problem

    async def _fallbacks(self) -> AsyncIterator[Problem]:
        for locale in self._after.locales:
            former = (locale, *self._before.fallbacks.get(locale, ()))
            shown = self._site.locales_for(locale)
            gone = [each for each in former if each in self._after.locales and each not in shown]
            if locale not in self._before.locales or not gone:
                continue
            async for problem in self._in_use(
                f"fallbacks of {locale}",
                f"readers of {locale} see these entries in {', '.join(gone)}, and would no longer",
                f"publish them in {locale}, or keep the fallback",
                _used().where(Edition.locale.in_(gone), self._not_shown_in(locale)),
            ):
                yield problem

    def _not_shown_in(self, locale: str) -> ColumnElement[bool]:
        """Return whether readers of a locale would not see the entry of an edition."""
        other = aliased_table(Publication, "shown_publication")
        return ~exists().where(
            other.c.entry_id == Edition.entry_id,
            other.c.locale.in_(self._site.locales_for(locale)),
            other.c.ended_at.is_(None),
        )

    async def _singletons(self) -> AsyncIterator[Problem]:
        for name, former in pair(self._before.types, self._after.types).same.items():
            old, new = self._before.types[former], self._after.types[name]
            if not new.is_singleton or old.is_singleton:
                continue
            of_type = and_(Entry.content_type == new.stored, Entry.archived_at.is_(None))
            count = await self._session.scalar(
                select(func.count()).select_from(Entry).where(of_type)
            )
            if count and count > 1:
                self._with_several.add(name)
                async for problem in self._in_use(
                    name,
                    "becomes a singleton, and has several entries",
                    "archive all but one",
                    _used(_IS_HEAD).where(Entry.content_type == new.stored),
                ):
                    yield problem

    async def _misfits(self) -> AsyncIterator[Problem]:
        problems = _Problems()
        fittings = fittings_of(self._before, self._after, self._site)
        async for misfit in misfits_in(self._session, fittings, self._site, self._watch):
            if isinstance(misfit, Left):
                left = self._left.setdefault(misfit.place, _Left())
                left.contents += 1
                left.public += misfit.stored.is_public
            else:
                problems.add(misfit.group, misfit.reason, _named(misfit.stored))
        for problem in problems.found.values():
            yield problem

    async def _anchors(self) -> AsyncIterator[Problem]:
        problems = _Problems()
        bound = replace(self._reading, site=self._site)
        types = types_that_derive_otherwise(self._before, self._after)
        stale = {self._after.types[name].stored: name for name in types}
        async for lost in lost_anchors(bound, stale):
            reason = f"{lost.path} loses the anchor #{lost.fragment}, and public pages link there"
            entry = NamedEntry(lost.entry_id, lost.locale, lost.title, is_public=True)
            problems.add((lost.content_type, reason, _CHANGE_LINKS), reason, entry)
        for problem in problems.found.values():
            yield problem

    async def _moves(self) -> AsyncIterator[Problem]:
        tree = await load_tree(self._session, self._site)
        bound = replace(self._reading, site=self._site)
        for each in await obstacles_to_moves(bound, await moves_to_types(bound, tree)):
            of_entries = Edition.entry_id.in_(each.in_the_way)
            chosen = _used(_IS_HEAD).where(of_entries, Edition.locale == each.move.locale)
            place = await self._type_of(each.move.entry_id)
            if place in self._with_several:
                continue  # their entries would all have one path
            remedy = f"{each.remedy}, sign off and publish; or declare another path"
            async for problem in self._in_use(place, each.reason, remedy, chosen):
                yield problem

    async def _type_of(self, entry_id: str) -> str:
        types = await types_of(self._session, self._site, {entry_id})
        return types[entry_id]

    async def _in_use(
        self, place: str, reason: str, remedy: str, chosen: Select[*tuple[Any, ...]]
    ) -> AsyncIterator[Problem]:
        count = await self._count(chosen)
        if count:
            rows = await self._session.execute(chosen.order_by(Edition.id).limit(_MOST_NAMED))
            named = [
                NamedEntry(row.entry_id, row.locale, row.title, bool(row.is_public)) for row in rows
            ]
            yield Problem(place, reason, remedy, count, named)

    async def _count(self, chosen: Select[*tuple[Any, ...]]) -> int:
        return await self._session.scalar(select(func.count()).select_from(chosen.subquery())) or 0


def _stages(declared: DeclaredType) -> set[str]:
    """Return the names of the stages of a content type's policy."""
    return {str(stage["name"]) for stage in declared.stages}


def _named(stored: KeptContent) -> NamedEntry:
    return NamedEntry(stored.entry_id, stored.locale, stored.title, stored.is_public)


def _used(*heads: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the editions that are public, or whose heads meet a condition, with their titles."""
    is_public = exists().where(Publication.edition_id == Edition.id, is_public_now(Publication))
    return (
        select(Edition.entry_id, Edition.locale, Revision.title, is_public.label("is_public"))
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(or_(is_public, *heads))
    )
