"""Routes, the sitemap, and what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from cms.content.builtin import CATEGORY, PERSON
from cms.reading.positions import PositionToken
from tests.references.asking import of_asked_types
from tests.references.paths import is_at
from tests.references.seo import alternates
from tests.references.thing import Row, Thing

if TYPE_CHECKING:
    from tests.reference import Reference

_REASONS = (
    "CHANGED",
    "REVIEWED",
    "LINKS_TO_CHANGED",
    "LINKED_FROM_CHANGED",
    "CATEGORY",
    "PERSON",
    "SAME_CATEGORY",
    "SITE_CHANGED",
)


class WholeSite:
    """The root fields that a whole site needs.

    Attributes:
        reference: what answers the others.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._look = reference.look
        self._publications: Sequence[Row] = reference.tables["publication"]
        self._addresses: Sequence[Row] = reference.tables["address"]
        self._counted: Sequence[Row] = reference.tables["publication_sign_off"]
        self._places: Sequence[Row] = reference.tables["category_place"]

    def fields(self) -> dict[str, Any]:
        """Return the fields."""
        page = self.reference.page
        return {
            "route": self._route,
            "position": self._token(self._reached()),
            "sitemap": lambda **args: page(
                of_asked_types(self._sitemap(), args), args, _by_path, 10_000
            ),
            "sync": self._sync,
            "affectedPaths": lambda since=None, **args: page(
                self._affected(self.number_of(since)), args, _by_path
            ),
        }

    # --- Routes ---

    def _route(self, path: str) -> Thing | None:
        pages = [
            e
            for e in self.reference.translations
            if is_at(path, e.values["path"], e.values["locale"])
        ]
        if pages:
            page = min(pages, key=lambda each: self._place(each.values["locale"]))
            return Thing("PageRoute", {"status": 200, "entry": page})
        former = [
            row
            for row in self._addresses
            if is_at(path, row.path, row.locale) and self._leads_on(row)
        ]
        former.sort(key=lambda row: (self._place(row.locale), row.edition_id is not None))
        found = [self._former(row) for row in former]
        redirects = [each for each in found if each.typename != "GoneRoute"]
        return next(iter([*redirects, *found]), None)

    def _place(self, locale: str) -> tuple[int, str]:
        """Say where a language stands: the view's come first, then the others by name."""
        wanted = self._look.locales
        return (wanted.index(locale) if locale in wanted else len(wanted), locale)

    def _leads_on(self, row: Row) -> bool:
        """Say whether an address is a redirect, or the last that an edition had at its path."""
        if row.edition_id is None:
            return self._look.is_open(row)
        place = (row.path, row.locale)
        here = [e for e in self._addresses if (e.path, e.locale) == place]
        return (
            self._look.is_over(row)
            and not any(e.edition_id is not None and self._look.is_open(e) for e in here)
            and not any(
                each.edition_id is not None
                and self._look.is_over(each)
                and each.ended_position > row.ended_position
                for each in here
            )
        )

    def _former(self, row: Row) -> Thing:
        if row.url is not None:
            return Thing("UrlRedirectRoute", {"status": 301, "to": row.url})
        editions = self.reference.in_all_languages(row.entry_id)
        entry = next((each for each in editions if each.values["locale"] == row.locale), None)
        if entry is None and (row.locale in self._look.locales or row.edition_id is None):
            entry = self.reference._entry_by("id", row.entry_id)
        if entry is None or entry.values["path"] is None:
            return Thing("GoneRoute", {"status": 410, "since": row.ended_at})
        to = entry.values["path"]
        return Thing("RedirectRoute", {"status": 301, "to": to, "entry": entry})

    def _shown(self, revision_id: str | None) -> Thing | None:
        every = self.reference.translations
        return next((e for e in every if e.values["revision_id"] == revision_id), None)

    # --- The list of pages ---

    def _sitemap(self) -> list[Thing]:
        return [
            Thing(
                "SitemapPage",
                {
                    "id": each.values["id"],
                    "path": each.values["path"],
                    "locale": each.values["locale"],
                    "type": each.values["type"],
                    "lastModified": each.values["publishedAt"],
                    "alternates": partial(alternates, self.reference, each.values["id"]),
                },
            )
            for each in self.reference.translations
            if each.values["path"] is not None
        ]

    # --- What has changed ---

    def number_of(self, position: PositionToken | None) -> int:
        """Return the number of a position that a client names."""
        if position is None:
            return 0
        if position.number and self._token(position.number) != str(position):
            raise GraphQLError("another history")
        return position.number

    def _token(self, number: int) -> str:
        rows: Sequence[Row] = self.reference.tables["position"]
        return next((f"{row.number}.{row.nonce}" for row in rows if row.number == number), "0")

    def _now(self) -> int:
        return max((int(row.number) for row in self.reference.tables["position"]), default=0)

    def _reached(self) -> int:
        time = self._look.time
        if time is None:
            return self._until()
        begun = [row.position for row in self._publications if row.published_at > time]
        begun += [row.position for row in self._addresses if row.began_at > time]
        begun += [row.position for row in self._counted if row.counted_at > time]
        ended = [
            row.ended_position
            for row in (*self._publications, *self._addresses, *self._counted, *self._places)
            if row.ended_at is not None and row.ended_at > time
        ]
        return min([*begun, *ended], default=self._now() + 1) - 1

    def _until(self) -> int:
        if self._look.time is not None:
            raise GraphQLError("changes are counted in positions")
        return self._now() if self._look.position is None else self._look.position

    def _was_public(self, row: Row, position: int) -> bool:
        return row.position <= position and (
            row.ended_position is None or row.ended_position > position
        )

    def _reviews(self, row: Row) -> list[int]:
        """Return at which positions sign-offs of a publication began or ceased to count."""
        return [
            place
            for each in self._counted
            if each.publication_id == row.id
            for place in (each.position, each.ended_position)
            if place is not None and self._was_public(row, place)
        ]

    def _reviews_and_moves(self, row: Row) -> list[int]:
        """Return where sign-offs of a publication, or the tree path of its category, changed."""
        places = self._reviews(row)
        until = self._until()
        if row.content_type != CATEGORY or not self._was_public(row, until):
            return places
        above = self._above({row.entry_id}, until)
        places += [each.position for each in self._places if each.category_id in above]
        for each in self._publications:
            if each.entry_id in above:
                places += [p for p in (each.position, each.ended_position) if p is not None]
        return places

    def _changes(
        self, since: int, reviews: Callable[[Row], Sequence[int]] = lambda _: ()
    ) -> Iterator[tuple[int, Row, bool]]:
        """Yield each change: its position, the publication it is about, whether that is public."""
        until = self._until()
        for edition_id in sorted({row.edition_id for row in self._publications}):
            rows = [row for row in self._publications if row.edition_id == edition_id]
            stood = [row for row in self._addresses if row.edition_id == edition_id]
            places = [p for row in rows for p in reviews(row)]
            for row in (*rows, *stood):
                places += [p for p in (row.position, row.ended_position) if p is not None]
            last = max((place for place in places if since < place <= until), default=None)
            if last is None:
                continue
            live = [row for row in rows if self._was_public(row, until)]
            if live:
                yield last, live[0], True
            elif any(self._was_public(row, since) for row in rows):
                yield last, next(row for row in rows if row.ended_position == last), False

    def _sync(self, since: PositionToken | None = None, **args: Any) -> Thing:
        until = self._until()
        # All of it is seen at the position up to which it goes.
        pinned = WholeSite(self.reference.seen(replace(self._look, position=until, time=None)))
        changed = of_asked_types(list(pinned._changed(self.number_of(since))), args)
        page = self.reference.page(changed, args, _by_position)
        return Thing(page.typename, {**page.values, "until": self._token(until)})

    def _changed(self, since: int) -> Iterator[Thing]:
        for position, row, is_public in self._changes(since, self._reviews_and_moves):
            values = {
                "kind": "UPSERT" if is_public else "DELETE",
                "entryId": row.entry_id,
                "edition_id": row.edition_id,
                "type": row.content_type,
                "locale": row.locale,
                "path": self._path_at(row, position, is_public=is_public),
                "position": self._token(position),
                "number": position,
                "until": self._token(self._until()),
                "digest": self._digest(row.revision_id) if is_public else None,
                "entry": self._shown(row.revision_id) if is_public else None,
            }
            yield Thing("SyncChange", values)

    def _path_at(self, row: Row, position: int, *, is_public: bool = True) -> str | None:
        """Return where the edition of a publication stood at a position, or left there."""
        stood = (
            each.path
            for each in self._addresses
            if each.edition_id == row.edition_id
            and (
                self._was_public(each, self._until())
                if is_public
                else each.ended_position == position
            )
        )
        return next(stood, None)

    def _is_of(self, content_type: str, entry_id: str) -> bool:
        return bool(self.reference._row("entry", entry_id).content_type == content_type)

    def _type_of(self, address: Row) -> str:
        return str(self.reference._row("entry", address.entry_id).content_type)

    def _digest(self, revision_id: str) -> str:
        return str(self.reference._row("revision", revision_id).digest)

    def _affected(self, since: int) -> list[Thing]:
        until = self._until()
        public = [row for row in self._publications if self._was_public(row, until)]
        reasons = self._reasons(since, until, public)
        entries = {row.entry_id for _, row, _ in self._changes(since)}
        known = [row for row in self._addresses if row.position <= until]
        last = {(row.path, row.locale): row for row in sorted(known, key=lambda row: row.position)}
        places = {(row.path, row.locale) for row in known if row.position <= since}
        left = [
            Thing(
                "AffectedPage",
                {
                    "id": row.id,
                    "path": row.path,
                    "type": self._type_of(row),
                    "locale": row.locale,
                    "reason": "LEFT",
                    "entry": None,
                },
            )
            for row in last.values()
            if row.edition_id is not None and not self._was_public(row, until)
            # What was known of the path is over, though the entry that took it is gone as well.
            if row.entry_id in entries
            or (row.position > since and (row.path, row.locale) in places)
        ]
        return left + [
            Thing(
                "AffectedPage",
                {
                    "id": row.id,
                    "path": self._path_at(row, until),
                    "type": row.content_type,
                    "locale": row.locale,
                    "reason": next(
                        name
                        for name, entries in zip(_REASONS, reasons, strict=True)
                        if row.entry_id in entries
                    ),
                    "entry": partial(self._shown, row.revision_id),
                },
            )
            for row in public
            if self._path_at(row, until) is not None
            and any(row.entry_id in entries for entries in reasons)
        ]

    def _reasons(self, since: int, until: int, public: Sequence[Row]) -> list[set[str]]:
        """Return which entries are affected, for each reason."""
        changed = [row for _, row, _ in self._changes(since)]
        entries = {row.entry_id for row in changed}
        touched = [
            row
            for row in self._publications
            if row.entry_id in entries
            and row.position <= until
            and (row.ended_position is None or row.ended_position > since)
        ]
        links: Sequence[Row] = self.reference.tables["link"]
        parts = [row for row in public if self._path_at(row, until) is None]
        signed = self._signed_anew(since, until, public)
        different = entries | {row.entry_id for row in parts if row.id in signed}
        while (
            more := {
                row.entry_id for row in parts if row.revision_id in _leading_to(different, links)
            }
            - different
        ):
            different |= more
        leading = _leading_to(different, links)
        revisions = {row.revision_id for row in touched}
        other_categories = self._changed_categories(different, since, until)
        shown_categories = self._below(other_categories, until)
        listing = {row.category_id for row in touched} | self._parents_between(
            other_categories, since, until
        )
        categories = self._above(listing - {None}, until)
        by_people = self._revisions_of(
            {each for each in different if self._is_of(PERSON, each)}, until
        )
        listing_people = self._people_of(touched, since, until)
        types = self.reference.site.content_types
        shown = [*changed, *(row for row in parts if row.entry_id in different)]
        everywhere = any(types[row.content_type].singleton for row in shown)
        return [
            entries,
            {row.entry_id for row in public if row.id in signed},
            {row.entry_id for row in public if row.revision_id in leading},
            {link.target_id for link in links if link.revision_id in revisions},
            {row.entry_id for row in public if {row.category_id, row.entry_id} & shown_categories},
            {row.entry_id for row in public if row.revision_id in by_people} | listing_people,
            {row.entry_id for row in public if {row.category_id, row.entry_id} & categories},
            {row.entry_id for row in public if everywhere},
        ]

    def _signed_anew(self, since: int, until: int, public: Sequence[Row]) -> set[str]:
        """Return the publications with a sign-off that counts at one of the positions only."""
        if since > until:
            return set()
        before, after = (replace(self._look, position=each, time=None) for each in (since, until))
        return {
            row.publication_id for row in self._counted if before.counts(row) != after.counts(row)
        } & {row.id for row in public}

    def _changed_categories(self, different: set[str], since: int, until: int) -> set[str]:
        """Return the categories that changed, came, went or moved."""
        moved = {row.category_id for row in self._places if since < row.position <= until}
        return moved | {each for each in different if self._is_of(CATEGORY, each)}

    def _parents_between(self, categories: set[str], since: int, until: int) -> set[str]:
        """Return the parents that categories had at any time in between."""
        return {
            row.parent_id
            for row in self._places
            if row.category_id in categories
            and row.position <= until
            and (row.ended_position is None or row.ended_position > since)
        }

    def _above(self, ids: set[str], until: int) -> set[str]:
        """Return categories and all above them."""
        parents = self._parents(until)
        found: set[str] = set()
        while ids:
            found |= ids
            ids = {parents[each] for each in ids & parents.keys()} - {None}
        return found

    def _below(self, ids: set[str], until: int) -> set[str]:
        """Return categories and all below them."""
        parents = self._parents(until)
        return {each for each in parents if self._above({each}, until) & ids}

    def _parents(self, until: int) -> dict[str, Any]:
        places = (row for row in self._places if self._was_public(row, until))
        return {row.category_id: row.parent_id for row in places}

    def _people_of(self, touched: Sequence[Row], since: int, until: int) -> set[str]:
        """Return the authors and reviewers of what changed, and of what counts in between."""
        signed = {r.id: r.person_id for r in self.reference.tables["sign_off"]}
        revisions = {row.revision_id for row in touched}
        works = {row.id for row in self._publications if row.revision_id in revisions}
        return {
            row.byline_id for row in self.reference.tables["revision"] if row.id in revisions
        } | {
            signed[row.sign_off_id]
            for row in self._counted
            if row.publication_id in works
            or since < row.position <= until
            or since < (row.ended_position or 0) <= until
        }

    def _revisions_of(self, people: set[str], until: int) -> set[str]:
        """Return the revisions whose author is one of these, or one of whose reviewers is."""
        signed = {r.id: r.person_id for r in self.reference.tables["sign_off"]}
        shown = {row.id: row.revision_id for row in self._publications}
        return {row.id for row in self.reference.tables["revision"] if row.byline_id in people} | {
            shown[row.publication_id]
            for row in self._counted
            if signed[row.sign_off_id] in people and self._was_public(row, until)
        }


def _leading_to(entries: set[str], links: Sequence[Row]) -> set[str]:
    """Return the revisions that lead to one of the entries."""
    return {link.revision_id for link in links if link.target_id in entries}


def _by_path(page: Thing) -> tuple[Any, ...]:
    return (page.values["path"], page.values["locale"], page.values["id"])


def _by_position(change: Thing) -> tuple[Any, ...]:
    return tuple(change.values[name] for name in ("number", "edition_id", "until"))
