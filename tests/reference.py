"""The delivery API a second time: graphql-core with plain Python resolvers over all rows.

It shares the schema's types with the planner, and nothing of how the planner answers. It is
slow and simple, so that one can see that it is right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    is_abstract_type,
    is_object_type,
    parse,
)
from sqlalchemy import select

from cms.content.builtin import CATEGORY, PERSON
from cms.content.fields import (
    AnyBlock,
    Choice,
    Colour,
    Computed,
    DateTime,
    Field,
    Links,
    List,
    Markdown,
    Object,
    References,
    Section,
)
from cms.content.fields import Reference as ReferenceField
from cms.content.fields.base import all_fields
from cms.content.fields.names import api_name
from cms.search.query import SearchQuery, parse_query
from cms.site import Site
from cms.storage.database import Database
from cms.tables import Base
from graphql_api.schema.build import build_delivery_schema
from tests import searching
from tests.references import facets, seo
from tests.references.asking import asked, names, of_asked_types
from tests.references.beside import Beside, without_built_in
from tests.references.links import LinkFacts
from tests.references.look import Look
from tests.references.metrics import METRIC_ORDERS, Metrics
from tests.references.orders import Descending, by_place, by_title, newest_first
from tests.references.paths import is_at
from tests.references.reviews import Reviews
from tests.references.thing import Args, Hue, Row, Thing, Word, Zoned
from tests.references.whole_site import WholeSite


class Reference:
    """All rows of a database, and how to answer queries from them, as of one look at them."""

    def __init__(
        self,
        site: Site,
        tables: Mapping[str, Sequence[Row]],
        look: Look | None = None,
        schema: GraphQLSchema | None = None,
    ) -> None:
        self.site = site
        self.tables = tables
        self.look = look or Look.of(site)
        self.schema = schema or self._resolving(build_delivery_schema(site))
        self.documents = {row.revision_id: row for row in tables["search_document"]}
        publications = tables["publication"]
        self.addresses = [row for row in tables["address"] if self.look.is_open(row)]
        self.renditions = {row.revision_id: row for row in tables["rendition"]}
        self.reviews = Reviews(self)
        self.beside = Beside(self)
        self.link_facts = LinkFacts(self)
        self.metrics = Metrics(self)
        public = [row for row in publications if self.look.is_open(row)]
        self.translations = [self._entry(row) for row in public]
        self.entries = [self._entry(row) for row in self.look.best(public)]

    @staticmethod
    def _resolving(schema: GraphQLSchema) -> GraphQLSchema:
        for type_ in schema.type_map.values():
            if is_object_type(type_) and not type_.name.startswith("__"):
                type_.is_type_of = None
                for each in type_.fields.values():
                    each.resolve = _resolve
            if is_abstract_type(type_):
                type_.resolve_type = lambda thing, *_: thing.typename
        return schema

    @classmethod
    async def load(cls, database: Database, site: Site) -> Reference:
        """Read everything that there is."""
        tables = {}
        async with database.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                rows = await connection.execute(select(table))
                tables[table.name] = [Row(**row._mapping) for row in rows]
        return cls(site, tables)

    def answer(self, query: str, variables: Mapping[str, Any]) -> ExecutionResult:
        """Return what graphql-core makes of a query."""
        root = Thing("Query", self._root())
        return execute_sync(
            self.schema, parse(query), root_value=root, variable_values=dict(variables)
        )

    # --- The root ---

    def _root(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "entry": lambda by: self._find(self.entries, by),
            "entries": lambda **args: self.page(
                of_asked_types(self.entries, args), args, newest_first
            ),
            "links": lambda **args: self.page(self._site_links(args), args, _by_source),
            "tag": lambda by: self._find(self.tags(), by),
            "tags": lambda **args: self.page(self.tags(), args, _by_word),
            "suggest": self._suggest,
            "node": self._node,
            "nodes": lambda ids: [self._node(each) for each in ids],
            "view": self._view,
            **WholeSite(self).fields(),
        }
        for each in self.site.content_types.values():
            entries = self.of_type(each.name)
            own_order = _OWN_ORDERS.get(each.name, newest_first)
            name = each.name[0].lower() + each.name[1:]
            if each.singleton:
                fields[name] = entries[0] if entries else None
                continue
            fields[name] = partial(self._find, entries)
            plural = each.plural[0].lower() + each.plural[1:]
            fields[plural] = partial(
                lambda entries, own_order, **args: self.page(entries, args, own_order),
                entries,
                own_order,
            )
        return fields

    def _find(self, things: Iterable[Thing], by: Args) -> Thing | None:
        ((name, wanted),) = by.items()
        found = [
            each
            for each in things
            if (is_at(wanted, *_place_of(each)) if name == "path" else each.values[name] == wanted)
        ]
        return min(found, key=self._rank, default=None)

    def _rank(self, thing: Thing) -> int:
        """Say how far down a thing's language is among those that are wanted."""
        locale, wanted = thing.values.get("locale"), self.look.locales
        return wanted.index(locale) if locale in wanted else len(wanted)

    def _view(self, **args: Any) -> Thing:
        WholeSite(self).number_of(args.get("position"))
        return Thing("Query", self.seen(self.look.narrowed(self.site, args))._root())

    def seen(self, look: Look) -> Reference:
        """Return the same rows, looked at in another way."""
        return Reference(self.site, self.tables, look, self.schema)

    def _node(self, id: str) -> Thing | None:  # noqa: A002  # the argument's name
        shown = next((e for e in self.translations if e.values["revision_id"] == id), None)
        if shown is not None:
            revision: Thing = shown.values["revision"]()
            return revision
        return self._find(self.entries, {"id": id})

    def _suggest(self, search: str, first: int | None = None) -> list[Thing]:
        count = 5 if first is None else first
        if not 0 <= count <= 20:
            raise GraphQLError("out of range")
        words = [row for row in self.tables["search_word"] if row.locale in self.look.locales]
        # Each word is a beginning, also of one letter; with an asterisk that would be left out.
        found = searching.suggestions(parse_query(search.replace("*", " ")), words)
        return [Thing("Suggestion", each) for each in found[:count]]

    # --- Entries ---

    def path_of(self, edition_id: str) -> str | None:
        """Return where an edition stands."""
        stands = (each.path for each in self.addresses if each.edition_id == edition_id)
        return next(stands, None)

    def _entry(self, publication: Row) -> Thing:
        revision = self._row("revision", publication.revision_id)
        rendition = self.renditions[publication.revision_id]
        content_type = self.site.content_type(publication.content_type)
        values: dict[str, Any] = {
            "id": publication.entry_id,
            "type": publication.content_type,
            "locale": publication.locale,
            "path": self.path_of(publication.edition_id),
            "slug": revision.slug,
            "title": revision.title,
            "summary": revision.summary,
            "publishedAt": publication.published_at,
            "firstPublishedAt": publication.first_published_at,
            "updatedAt": revision.created_at,
            "title_key": rendition.title_key,
            "revision_id": revision.id,
            "byline_id": revision.byline_id,
            "category_id": publication.category_id,
            "category": lambda: self._category(publication.category_id),
            "tags": lambda: self._tags_of(revision.id),
            "links": lambda **args: self.page(self._links_of(revision.id), args, _by_field),
            "incomingLinks": lambda **args: self.page(
                self._incoming(publication.entry_id), args, _by_source
            ),
            "linkGroups": lambda: self._groups_of(publication.content_type, revision.id),
            "review": lambda: self._review(publication),
            "revision": lambda: self._revision(revision),
            "attestation": lambda: self._attestation(publication.id),
            "basis": publication.basis,
            "breakGlassReason": publication.break_glass_reason,
            "importSource": publication.source,
            "claimedReview": _claimed(publication.claimed_review),
            "signers": {row.person_id for row in self.reviews.sign_offs(publication)},
            "isOutdated": self._is_outdated(revision),
            "linkMetrics": self.metrics.of(publication.edition_id),
            "edition_id": publication.edition_id,
            "availableLocales": lambda: [
                each.values["locale"] for each in self.in_all_languages(publication.entry_id)
            ],
            "translations": lambda: self._translations(publication),
            "@translations": lambda: self._translations(publication),
            "@links": lambda: self._links_of(revision.id),
            "@incomingLinks": lambda: self._incoming(publication.entry_id),
            "@author": lambda: self.byline(revision.byline_id),
            "@reviewers": lambda: self.reviewers(publication),
            "@reviewedAt": lambda: self._reviewed(publication, "signedAt"),
            "@reviewExpiresAt": lambda: self._reviewed(publication, "expiresAt"),
        }
        self._add_fields(values, content_type.fields, rendition.rendered, "", revision.id)
        for reverse in self.site.reverses():
            if reverse.target == publication.content_type:
                pointing = partial(self._pointing, reverse.sources, publication.entry_id)
                values[f"@{_camel(reverse.name)}"] = pointing
                values[_camel(reverse.name)] = partial(
                    lambda found, **args: self.page(found(), args, newest_first), pointing
                )
        thing = Thing(publication.content_type, values)
        values |= self.beside.fields(thing)
        values |= seo.fields(self, thing)
        return thing

    def _add_fields(
        self,
        values: dict[str, Any],
        fields: Mapping[str, Field],
        document: Args,
        path: str,
        revision_id: str,
    ) -> None:
        """Add what each field shows, and under ``@`` what filters see of it."""
        for name, kind in fields.items():
            value = document.get(name)
            shown = partial(self._value, kind, value, f"{path}{name}", revision_id)
            values[_camel(name)] = shown
            seen = shown
            if isinstance(value, dict) and isinstance(kind, Markdown):
                seen = partial(value.get, "plainText")
            values[f"@{_camel(name)}"] = seen

    def _translations(self, publication: Row) -> list[Thing]:
        every = self.in_all_languages(publication.entry_id)
        return [each for each in every if each.values["locale"] != publication.locale]

    def in_all_languages(self, entry_id: str) -> list[Thing]:
        """Return an entry in each of its languages, by language."""
        found = [each for each in self.translations if each.values["id"] == entry_id]
        return sorted(found, key=lambda each: str(each.values["locale"]))

    def _is_outdated(self, revision: Row) -> bool:
        if revision.translated_from is None:
            return False
        source = self._row("revision", revision.translated_from)
        return any(
            self._row("revision", row.revision_id).digest != source.digest
            for row in self.tables["publication"]
            if row.edition_id == source.edition_id and self.look.is_open(row)
        )

    def byline(self, person_id: str | None) -> Thing | None:
        """Return the person in the byline of a revision."""
        return self._find(self.people(), {"id": person_id})

    def reviewers(self, publication: Row) -> list[Thing]:
        """Return who signed off what a publication shows, by name."""
        signed = {row.person_id for row in self.reviews.sign_offs(publication)}
        return [each for each in self.people() if each.values["id"] in signed]

    def _reviewed(self, publication: Row, name: str) -> datetime | None:
        review = self._review(publication)
        return review.values[name] if review is not None else None

    def _pointing(self, sources: Sequence[tuple[str, str]], entry_id: str) -> list[Thing]:
        """Return the entries whose references lead to one."""
        edges = {
            (row.revision_id, row.kind)
            for row in self.tables["link"]
            if row.target_id == entry_id and row.origin == "reference"
        }
        return [
            entry
            for entry in self.entries_
            if any(
                entry.typename == content_type and (entry.values["revision_id"], kind) in edges
                for content_type, kind in sources
            )
        ]

    def _value(self, kind: Field, value: Any, path: str, revision_id: str) -> Any:
        """Return what a content field shows."""
        match kind:
            case Links():
                rows = [
                    row
                    for row in self.tables["link"]
                    if row.revision_id == revision_id and row.field_path == path
                ]
                return self._shown(rows)
            case ReferenceField():
                return self._entry_by("id", value)
            case References():
                found = [self._entry_by("id", each) for each in value or []]
                return [each for each in found if each is not None]
            case Computed():
                return self._value(kind.of, value, path, revision_id)
            case DateTime():
                return None if value is None else Zoned(value)
            case Colour():
                return None if value is None else Hue(value)
            case Choice():
                return None if value is None else Word(value, kind.choices)
            case List():
                return [
                    self._value(kind.item, item, f"{path}/{index}", revision_id)
                    for index, item in enumerate(value or [])
                ]
            case Object():
                return None if value is None else self._part(kind, value, path, revision_id)
            case Markdown():
                return None if value is None else self._markdown(value, path, revision_id)
            case _:
                return value

    def _markdown(self, value: Args, path: str, revision_id: str) -> Thing:
        def html() -> str:
            return (
                value["html"] if "html" in value else "".join(map(self._piece, value["segments"]))
            )

        def links() -> list[Thing]:
            rows = [
                row
                for row in self.tables["link"]
                if row.revision_id == revision_id
                and row.field_path == path
                and row.origin == "inline"
            ]
            return self._shown(rows)

        toc = [Thing("TocEntry", each) for each in value["toc"]]
        return Thing("Markdown", {**value, "html": html, "links": links, "toc": toc})

    def _piece(self, segment: Args) -> str:
        if "text" in segment:
            return str(segment["text"])
        target = self._entry_by("id", segment["entry"])
        path = target.values["path"] if target is not None else None
        return str(segment["href"] if path is None else path + segment["suffix"])

    def _part(self, kind: Object, value: Args, path: str, revision_id: str) -> Thing:
        anchor = {"anchor": value.get("anchor")} if isinstance(kind, Section) else {}
        typename = kind.variant_of(value) if isinstance(kind, AnyBlock) else ""
        values: dict[str, Any] = {**anchor}
        self._add_fields(values, kind.fields_of(value), value, f"{path}/", revision_id)
        thing = Thing(typename, values)
        values[f"@{typename[:1].lower()}{typename[1:]}"] = thing  # as a kind of block
        return thing

    # --- Links ---

    def _links_of(self, revision_id: str) -> list[Thing]:
        rows = [
            row
            for row in self.tables["link"]
            if row.revision_id == revision_id and row.origin != "reference"
        ]
        return self._shown(rows)

    def _incoming(self, entry_id: str) -> list[Thing]:
        return [
            self._link(row)
            for row in self.tables["link"]
            if row.target_id == entry_id
            and row.origin != "reference"
            and self._entry_by("revision_id", row.revision_id) is not None
        ]

    def _site_links(self, args: Args) -> list[Thing]:
        """Return the links of all entries, without those for which one has to ask."""
        sources = {each.values["revision_id"] for each in self.entries_}
        links = self._shown(each for each in self.tables["link"] if each.revision_id in sources)
        where = args.get("where")
        return [
            each
            for each in links
            if (names(where, "origin") or each.values["origin"] != "reference")
            and (names(where, "layer") or each.values["layer"] == "content")
        ]

    def _shown(self, rows: Iterable[Row]) -> list[Thing]:
        shown = [
            self._link(row)
            for row in rows
            if row.url is not None or self._entry_by("id", row.target_id) is not None
        ]
        return sorted(shown, key=_by_field)

    def _link(self, row: Row) -> Thing:
        target = self._entry_by("id", row.target_id)
        path = target.values["path"] if target is not None else None
        query = f"?{row.query}" if row.query else ""
        fragment = f"#{row.fragment}" if row.fragment else ""
        source = next(
            (each for each in self.public_ if each.values["revision_id"] == row.revision_id), None
        )
        title = target.values["title"] if target is not None else None
        return Thing(
            "EntryLink",
            {
                **self.link_facts.values(row, target),
                "categoryPair": lambda: self.link_facts.category_pair(source, target),
                "revision_id": row.revision_id,
                "kind": self.link_facts.kind(row),
                "kindName": row.kind,
                "label": row.label or title or row.url or "",
                "note": row.note,
                "url": row.url if row.url is not None else path and path + query + fragment,
                "position": row.ordinal + 1,
                "source": source,
                "target": target,
                "field_place": (row.field_path, row.ordinal),
                "source_id": source.values["id"] if source is not None else None,
                "origin": row.origin,
            },
        )

    def _groups_of(self, content_type: str, revision_id: str) -> list[Thing]:
        listed = [link for link in self._links_of(revision_id) if link.values["origin"] == "field"]
        declared: dict[str, Links] = {}
        for each in all_fields(self.site.content_type(content_type).fields.values()):
            if isinstance(each, Links):
                declared.setdefault(each.kind, each)
        headings = self._row("revision", revision_id).content["headings"]
        groups = []
        for each in declared.values():
            links = [link for link in listed if link.values["kind"] == each.kind]
            if links:
                values = {"kind": each.kind, "label": headings[each.kind], "links": links}
                groups.append(Thing("LinkGroup", values))
        return groups

    # --- Reviews and people ---

    def _review(self, publication: Row) -> Thing | None:
        signed = self.reviews.sign_offs(publication)
        if not signed:
            return None
        return Thing(
            "EntryReview",
            {
                "reviewers": lambda: self.reviewers(publication),
                "signOffs": lambda: [self._sign_off(row) for row in signed],
                "signedAt": max(row.signed_at for row in signed),
                "expiresAt": self.reviews.end(publication),
            },
        )

    def _sign_off(self, row: Row) -> Thing:
        return Thing(
            "SignOff",
            {
                "reviewer": lambda: self._find(self.people(), {"id": row.person_id}),
                "stage": row.stage,
                "signedAt": row.signed_at,
                "expiresAt": row.expires_at,
                "attestation": lambda: self._attestation(row.id),
            },
        )

    def _attestation(self, identifier: str) -> Thing | None:
        found = (each for each in self.tables["attestation"] if each.id == identifier)
        return next((Thing("Attestation", vars(row)) for row in found), None)

    def _revision(self, row: Row) -> Thing:
        return Thing(
            "Revision",
            {
                "id": row.id,
                "number": row.number,
                "digest": row.digest,
                "content": row.content,
                "createdAt": row.created_at,
                "author": lambda: self.byline(row.byline_id),
            },
        )

    def people(self) -> list[Thing]:
        """Return the people that readers see, by name."""
        return sorted(self.of_type(PERSON), key=by_title)

    def of_type(self, content_type: str) -> list[Thing]:
        """Return the entries of a type."""
        return [each for each in self.entries_ if each.typename == content_type]

    @property
    def entries_(self) -> list[Thing]:
        """The entries, or none while they are being made."""
        return getattr(self, "entries", [])

    @property
    def public_(self) -> list[Thing]:
        """The entries in all their languages, or none while they are being made."""
        return getattr(self, "translations", [])

    # --- Topics ---

    def _category(self, identifier: str | None) -> Thing | None:
        return self._find(self.of_type(CATEGORY), {"id": identifier})

    def tags(self) -> list[Thing]:
        """Return the tags of the site's own entries as the newest of these spell them, by name."""
        shown = {each.values["revision_id"] for each in without_built_in(self.entries)}
        newest: dict[str, tuple[str, str]] = {}
        for row in self.tables["revision_tag"]:
            if row.revision_id in shown:
                spelled = row.revision_id, row.word
                newest[row.slug] = max(spelled, newest.get(row.slug, spelled))
        tags = (self._tag(slug, word) for slug, (_, word) in newest.items())
        return sorted(tags, key=_by_word)

    def _tag(self, slug: str, word: str) -> Thing:
        tagged = {row.revision_id for row in self.tables["revision_tag"] if row.slug == slug}
        own = without_built_in(self.entries_)
        entries = [each for each in own if each.values["revision_id"] in tagged]
        return Thing(
            "Tag",
            {
                "slug": slug,
                "name": word,
                "entries": lambda **args: self.page(entries, args, newest_first),
            },
        )

    def _tags_of(self, revision_id: str) -> list[Thing]:
        rows = (row for row in self.tables["revision_tag"] if row.revision_id == revision_id)
        return sorted((self._tag(row.slug, row.word) for row in rows), key=_by_word)

    def _row(self, table: str, identifier: str) -> Row:
        return next(each for each in self.tables[table] if each.id == identifier)

    def _entry_by(self, name: str, wanted: str | None) -> Thing | None:
        return next((each for each in self.entries_ if each.values[name] == wanted), None)

    # --- Pages ---

    def _is_of_indexed_field(self, term: str) -> bool:
        name = term.rpartition("_")[0]
        return name in METRIC_ORDERS or any(
            field.indexed and api_name(field.name) == name
            for content_type in self.site.content_types.values()
            for field in content_type.fields.values()
        )

    def page(
        self,
        things: Sequence[Thing],
        args: Args,
        own_order: Callable[[Thing], tuple[Any, ...]],
        largest: int = 100,
    ) -> Thing:
        """Return a connection's page of these things."""
        _check_paging(args, largest)
        terms = _different([each.name for each in args.get("orderBy") or ()])
        matching = [each for each in things if matches(each, args.get("where"))]
        found = _Found(self.documents, args.get("search"))
        matching = [each for each in matching if found.has(each)]
        if found.query is not None and not terms:
            own_order = found.best_first(own_order)
        ordered = sorted(matching, key=own_order)
        is_of_indexed = len(terms) == 1 and self._is_of_indexed_field(terms[0])
        if is_of_indexed:
            # Those without a value stay in the order of the list.
            absent = [each for each in ordered if _order_value(each, terms[0]) is None]
            present = [each for each in ordered if _order_value(each, terms[0]) is not None]
            present.sort(key=partial(_beside, terms[0]), reverse=terms[0].endswith("_DESC"))
            ordered = present + absent
        for term in reversed(terms):
            ordered = _sorted_by(term, ordered)
        cursors = [_cursor(terms, each, own_order, is_of_indexed) for each in ordered]
        start, end = _slice(cursors, args)
        skip, size = args.get("skip") or 0, args.get("first")
        if args.get("last") is not None:
            chosen = range(max(start, end - args["last"]), end)
            has_next, has_previous = end < len(ordered), chosen.start > start
        else:
            first = start + skip
            chosen = range(min(first, end), min(first + (20 if size is None else size), end))
            has_next = first + (20 if size is None else size) < end or end < len(ordered)
            has_previous = start > 0 or (skip > 0 and bool(ordered))
        items = [(ordered[index], cursors[index]) for index in chosen]
        return Thing(
            "",
            {
                "totalCount": len(ordered),
                **facets.fields(matching),
                "nodes": [item for item, _ in items],
                "edges": [
                    Thing("", {"node": item, "cursor": c, **found.facts(item)}) for item, c in items
                ],
                "pageInfo": Thing(
                    "PageInfo",
                    {
                        "hasNextPage": has_next,
                        "hasPreviousPage": has_previous,
                        "startCursor": items[0][1] if items else None,
                        "endCursor": items[-1][1] if items else None,
                    },
                ),
            },
        )


def _resolve(source: Thing, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
    name = info.field_name
    if name not in source.values and name.endswith(("Name", "Names")):  # a word's stored text
        name = f"{name[:-5]}s" if name.endswith("Names") else name.removesuffix("Name")
    value = source.values.get(name)
    return value(**args) if callable(value) else value


# --- Search ---


class _Found:
    """What a search finds: everything, if there is none."""

    def __init__(self, documents: Mapping[str, Row], search: str | None) -> None:
        self.documents = documents
        query = parse_query(search) if search is not None else SearchQuery()
        self.query = query if query.clauses else None

    def has(self, entry: Thing) -> bool:
        """Say whether an entry is found."""
        return self.query is None or searching.fits(self.query, self._document(entry))

    def best_first(
        self, own_order: Callable[[Thing], tuple[Any, ...]]
    ) -> Callable[[Thing], tuple[Any, ...]]:
        """Return the order in which the best comes first."""
        return lambda entry: (Descending(self._points(entry)), *own_order(entry))

    def facts(self, entry: Thing) -> dict[str, Any]:
        """Return what an edge says of the search."""
        if self.query is None:
            return {}
        sizes = {"title": 300, "summary": 30, "body": 30}
        highlight = {
            part: searching.highlight(self.query, self._document(entry).shown[part], size)
            for part, size in sizes.items()
        }
        return {
            "rank": self._points(entry) / 1_000_000,
            "highlight": Thing("Highlight", highlight),
        }

    def _points(self, entry: Thing) -> int:
        return searching.points(self.query or SearchQuery(), self._document(entry))

    def _document(self, entry: Thing) -> Row:
        return self.documents[entry.values["revision_id"]]


# --- Orders ---


# The orders in which the lists of a type are; the others have the newest first.
_OWN_ORDERS = {CATEGORY: by_place, PERSON: by_title}


def _by_word(tag: Thing) -> tuple[Any, ...]:
    return (_folded(tag.values["name"]), tag.values["slug"])


def _by_field(link: Thing) -> tuple[Any, ...]:
    return tuple(link.values["field_place"])


def _by_source(link: Thing) -> tuple[Any, ...]:
    return (link.values["revision_id"], *link.values["field_place"])


def _different(terms: Sequence[str]) -> list[str]:
    """Return the terms without those by which things have been put in order already."""
    first: dict[str, str] = {}
    for term in terms:
        first.setdefault(term.rpartition("_")[0], term)
    return list(first.values())


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _order_value(thing: Thing, term: str) -> Any:
    name = term.rpartition("_")[0]
    if name.startswith("category"):
        category = thing.values["category"]()
        name = _lower_first(name.removeprefix("category"))
        return category.values["title_key" if name == "name" else name] if category else None
    if name in METRIC_ORDERS:
        metrics = thing.values["linkMetrics"]
        return None if metrics is None else metrics.values[name]
    if name.endswith("Title"):
        referenced = thing.values[name.removesuffix("Title")]()
        return referenced.values["title_key"] if referenced is not None else None
    if name == "title" or (name == "name" and "title_key" in thing.values):
        return thing.values["title_key"]
    value = thing.values[name]
    value = value() if callable(value) else value
    if name in {"slug", "path", "treePath"}:
        return value
    return value.place if isinstance(value, Word) else _folded(_compared(value))


def _beside(term: str, thing: Thing) -> str:
    """Return what an index has after the value that things are ordered by."""
    if term.rpartition("_")[0] in METRIC_ORDERS:
        return str(thing.values["edition_id"])
    return str(thing.values["id"])


def _compared(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, Zoned) else value


def _sorted_by(term: str, things: list[Thing]) -> list[Thing]:
    present = [each for each in things if _order_value(each, term) is not None]
    absent = [each for each in things if _order_value(each, term) is None]
    # sorted() keeps what is equal in its order, also in reverse.
    descending = term.endswith("_DESC")
    in_order = sorted(present, key=lambda each: _order_value(each, term), reverse=descending)
    return in_order + absent


def _cursor(
    terms: Sequence[str],
    thing: Thing,
    own_order: Callable[[Thing], tuple[Any, ...]],
    is_of_indexed: bool,
) -> str:
    values = [_order_value(thing, term) for term in terms]
    if is_of_indexed:
        values.append(None if values[0] is None else _beside(terms[0], thing))
    own = (v.value if isinstance(v, Descending) else v for v in own_order(thing))
    shown = [_shown(value) for value in (*values, *own)]
    return json.dumps([",".join(terms), *shown]).encode().hex()


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _slice(cursors: Sequence[str], args: Args) -> tuple[int, int]:
    wanted = [json.loads(bytes.fromhex(each)) for each in cursors]
    start, end = 0, len(cursors)
    if args.get("after") is not None:
        start = wanted.index(json.loads(bytes.fromhex(args["after"]))) + 1
    if args.get("before") is not None:
        end = max(start, wanted.index(json.loads(bytes.fromhex(args["before"]))))
    return start, end


def _check_paging(args: Args, largest: int) -> None:
    given = {name for name, value in args.items() if value is not None}
    sizes = [args[name] for name in ("first", "last") if name in given]
    if any(not 0 <= size <= largest for size in sizes) or (args.get("skip") or 0) < 0:
        raise GraphQLError("out of range")
    if {"first", "last"} <= given or ("last" in given and given & {"skip", "after"}):
        raise GraphQLError("contradiction")


# --- Filters ---


def matches(thing: Thing, where: Args | None) -> bool:
    """Say whether a thing fits a filter."""
    return _fits_all(thing, asked(where) or {})


def _fits_all(thing: Thing, where: Args) -> bool:
    return all(_matches(thing, name, value) for name, value in where.items())


def _matches(thing: Thing, name: str, value: Any) -> bool:
    match name:
        case "AND":
            return all(_fits_all(thing, each) for each in value)
        case "OR":
            return any(_fits_all(thing, each) for each in value)
        case "NOT":
            return not _fits_all(thing, value)
        case "isNull":
            return not value
        case "category":
            category = thing.values["category"]()
            return _fits(category, name, value)
        case "path":
            return _fits_path(thing, value)
        case "within":
            path = thing.values["treePath"]
            return bool(path == value or path.startswith(f"{value}/"))
        case _:
            actual = thing.values.get(f"@{name}", thing.values.get(name))
            return _fits(actual() if callable(actual) else actual, name, value)


def _place_of(entry: Thing) -> tuple[str | None, str]:
    return entry.values["path"], entry.values["locale"]


def _fits_path(entry: Thing, where: Args) -> bool:
    mode = {name: value for name, value in where.items() if name == "mode"}
    folds = any(each.name == "INSENSITIVE" for each in mode.values())

    def at(href: str) -> bool:
        return is_at(href, *_place_of(entry), *([_folded] if folds else []))

    tests: dict[str, Callable[[Any], bool]] = {
        "eq": at,
        "ne": lambda href: not at(href),
        "in": lambda hrefs: any(map(at, hrefs)),
        "notIn": lambda hrefs: not any(map(at, hrefs)),
    }
    path = entry.values["path"]
    return all(
        tests[name](value) if name in tests else _compares(path, {name: value, **mode})
        for name, value in where.items()
    )


# What looks into one thing, which may not be there; the filters of leaves differ from these.
_TO_ONE = frozenset(
    {"author", "linkMetrics", "target", "source", "translatedFrom", "about", "byline", "category"}
    | {"quote", "remark", "columns"}
)


def _fits(actual: Any, name: str, where: Args) -> bool:
    if isinstance(actual, list):
        return all(_quantified(q, actual, each) for q, each in where.items())
    if isinstance(actual, Thing):
        return _fits_all(actual, where)
    if name in _TO_ONE:
        return _is_absent(where)
    return _compares(actual, where)


def _is_absent(where: Args) -> bool:
    """Say whether what is asked of an object holds where there is none."""
    return all(_absent(name, value) for name, value in where.items())


def _absent(name: str, value: Any) -> bool:
    match name:
        case "AND":
            return all(map(_is_absent, value))
        case "OR":
            return any(map(_is_absent, value))
        case "NOT":
            return "isNull" in _words(value) and not _is_absent(value)
        case _:
            return name == "isNull" and value is True


def _words(where: Args) -> set[str]:
    """Return the names in a filter that are asked of the object itself."""
    inner = [*where.get("AND", ()), *where.get("OR", ())]
    inner += [where["NOT"]] if "NOT" in where else []
    return {*where, *(word for each in inner for word in _words(each))}


def _compares(actual: Any, operators: Args) -> bool:
    actual = _compared(actual)
    mode = operators.get("mode")
    folds = isinstance(actual, Hue) or (mode is not None and mode.name == "INSENSITIVE")
    return all(
        _test(
            *((_folded(actual), operator, _folded(other)) if folds else (actual, operator, other))
        )
        for operator, other in operators.items()
        if operator != "mode"
    )


def _folded(value: Any) -> Any:
    """Return text with each letter in lower case, by itself."""
    if isinstance(value, list):
        return [_folded(each) for each in value]
    if not isinstance(value, str):
        return value
    return "".join(_SMALL.get(each, each.lower()) for each in value)


# What lower() has two letters for, and what it writes in another way at the end of a word.
_SMALL = {"İ": "i", "ς": "σ"}


def _quantified(quantifier: str, items: Sequence[Any], where: Args) -> bool:
    if quantifier == "count":
        return _compares(len(items), where)
    fit = [
        _fits_all(each, where) if isinstance(each, Thing) else _compares(each, where)
        for each in items
    ]
    return {"some": any(fit), "every": all(fit), "none": not any(fit)}[quantifier]


def _test(actual: Any, operator: str, other: Any) -> bool:
    other = [_plain(each) for each in other] if isinstance(other, list) else _plain(other)
    if operator == "isNull":
        return bool((actual is None) is other)
    if operator in {"ne", "notIn"}:
        return bool(actual != other) if operator == "ne" else actual not in other
    if actual is None:
        return False
    tests: dict[str, Callable[[], bool]] = {
        "eq": lambda: actual == other,
        "in": lambda: actual in other,
        "lt": lambda: actual < other,
        "lte": lambda: actual <= other,
        "gt": lambda: actual > other,
        "gte": lambda: actual >= other,
        "contains": lambda: other in actual,
        "startsWith": lambda: actual.startswith(other),
        "endsWith": lambda: actual.endswith(other),
    }
    return tests[operator]()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.replace(microsecond=zoned.microsecond // 1000 * 1000)
    return value


def _claimed(review: Args | None) -> Thing | None:
    if review is None:
        return None
    names = {"reviewerNames": review["reviewers"], "reviewedOn": review["reviewedOn"]}
    return Thing("ClaimedReview", names)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
