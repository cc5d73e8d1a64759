"""An ordinary Strawberry app: SQLAlchemy models, async sessions, DataLoaders.

It is what a careful team would write by hand for this schema: every relation is loaded in
batches, so there is no N+1.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, NewType

import strawberry
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from cms.storage.database import Database
from cms.storage.dialects import as_text
from cms.tables import (
    Address,
    CategoryPath,
    CategoryPlace,
    Link,
    Publication,
    Rendition,
    Revision,
    SignOff,
)

Info = strawberry.Info[dict[str, Any], None]

DateTime = NewType("DateTime", datetime)
SitePosition = NewType("SitePosition", int)
_CONFIG = StrawberryConfig(
    scalar_map={
        DateTime: strawberry.scalar(
            name="DateTime", serialize=as_text, parse_value=datetime.fromisoformat
        ),
        SitePosition: strawberry.scalar(
            name="SitePosition", serialize=str, parse_value=lambda text: int(text.partition(".")[0])
        ),
    }
)


def _loaders(session: AsyncSession) -> dict[str, DataLoader[Any, Any]]:
    """Return the loaders of one request."""

    def by_key(column: Any, *conditions: Any) -> Callable[[list[Any]], Any]:
        async def load(keys: list[Any]) -> list[Any]:
            rows = await session.scalars(select(column.class_).where(column.in_(keys), *conditions))
            found = {getattr(row, column.key): row for row in rows}
            return [found.get(key) for key in keys]

        return load

    async def links(keys: list[str]) -> list[list[Link]]:
        rows = await session.scalars(
            select(Link).where(Link.revision_id.in_(keys)).order_by(Link.field_path, Link.ordinal)
        )
        found: dict[str, list[Link]] = defaultdict(list)
        for row in rows:
            found[row.revision_id].append(row)
        return [found[key] for key in keys]

    async def sign_offs(keys: list[tuple[str, str]]) -> list[list[SignOff]]:
        editions = [edition_id for edition_id, _ in keys]
        rows = await session.scalars(select(SignOff).where(SignOff.edition_id.in_(editions)))
        found: dict[tuple[str, str], list[SignOff]] = defaultdict(list)
        for row in rows:
            found[row.edition_id, row.digest].append(row)
        return [found[key] for key in keys]

    is_open = Publication.ended_position.is_(None)
    return {
        "place": DataLoader(
            by_key(CategoryPlace.category_id, CategoryPlace.ended_position.is_(None))
        ),
        "tree_path": DataLoader(by_key(CategoryPath.category_id, CategoryPath.locale == "en")),
        "revision": DataLoader(by_key(Revision.id)),
        "rendition": DataLoader(by_key(Rendition.revision_id)),
        "publication": DataLoader(by_key(Publication.entry_id, is_open)),
        "address": DataLoader(by_key(Address.edition_id, Address.ended_position.is_(None))),
        "links": DataLoader(links),
        "sign_offs": DataLoader(sign_offs),
    }


@strawberry.type(name="Category")
class CategoryType:
    publication: strawberry.Private[Publication]

    @strawberry.field
    def name(self) -> str:
        return self.publication.title

    @strawberry.field
    async def tree_path(self, info: Info) -> str:
        row = await info.context["loaders"]["tree_path"].load(self.publication.entry_id)
        return str(row.path)

    @strawberry.field
    async def parent(self, info: Info) -> CategoryType | None:
        place = await info.context["loaders"]["place"].load(self.publication.entry_id)
        return await _category(info, place.parent_id)


@strawberry.type(name="Person")
class PersonType:
    name: str
    slug: str


@strawberry.type
class Review:
    reviewers: list[PersonType]
    signed_at: DateTime


@strawberry.type
class Markdown:
    html: str


@strawberry.type(name="Link")
class LinkType:
    row: strawberry.Private[Link]

    @strawberry.field
    def label(self) -> str:
        return self.row.label

    @strawberry.field
    async def url(self, info: Info) -> str | None:
        target = await info.context["loaders"]["publication"].load(self.row.target_id)
        if target is None:
            return self.row.url
        return await _path(info, target)

    @strawberry.field
    async def target(
        self, info: Info
    ) -> Annotated[Entry, strawberry.lazy("bench.ordinary")] | None:
        target = await info.context["loaders"]["publication"].load(self.row.target_id)
        return await _entry(info, target) if target else None


@strawberry.type
class LinkGroup:
    kind: str
    label: str
    links: list[LinkType]


@strawberry.type
class LinkConnection:
    nodes: list[LinkType]


@strawberry.interface
class Entry:
    publication: strawberry.Private[Publication]
    revision: strawberry.Private[Revision]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.publication.entry_id)

    @strawberry.field
    def title(self) -> str:
        return self.revision.title

    @strawberry.field
    async def path(self, info: Info) -> str | None:
        return await _path(info, self.publication)

    @strawberry.field
    def summary(self) -> str:
        return self.revision.summary

    @strawberry.field
    def published_at(self) -> DateTime:
        return DateTime(self.publication.published_at)

    @strawberry.field
    async def body(self, info: Info) -> Markdown:
        rendition = await info.context["loaders"]["rendition"].load(self.revision.id)
        return Markdown(html=rendition.rendered["body"]["html"])

    @strawberry.field
    async def category(self, info: Info) -> CategoryType | None:
        return await _category(info, self.publication.category_id)

    @strawberry.field
    async def review(self, info: Info) -> Review | None:
        loaders = info.context["loaders"]
        key = (self.publication.edition_id, self.revision.digest)
        signed = await loaders["sign_offs"].load(key)
        people = await loaders["publication"].load_many([row.person_id for row in signed])
        said = await loaders["revision"].load_many([person.revision_id for person in people])
        return Review(
            reviewers=[PersonType(name=person.title, slug=person.slug) for person in said],
            signed_at=DateTime(max(row.signed_at for row in signed)),
        )

    @strawberry.field
    async def link_groups(self, info: Info) -> list[LinkGroup]:
        rows = await info.context["loaders"]["links"].load(self.revision.id)
        groups = []
        for kind, label in (("related", "Related"), ("further", "Further reading")):
            links = [LinkType(row=row) for row in rows if row.kind == kind]
            if links:
                groups.append(LinkGroup(kind=kind.upper(), label=label, links=links))
        return groups

    @strawberry.field
    async def links(self, info: Info, first: int = 20) -> LinkConnection:
        rows = await info.context["loaders"]["links"].load(self.revision.id)
        return LinkConnection(nodes=[LinkType(row=row) for row in rows[:first]])


@strawberry.type
class Term(Entry):
    @strawberry.field
    async def source(self, info: Info) -> str:
        rendition = await info.context["loaders"]["rendition"].load(self.revision.id)
        return str(rendition.rendered["source"])


@strawberry.type
class Guide(Entry):
    pass


@strawberry.type
class TermConnection:
    nodes: list[Term]
    total_count: int | None = None


@strawberry.input
class EntryBy:
    path: str


@strawberry.input
class StringFilter:
    eq: str


@strawberry.input
class CategoryWhere:
    tree_path: StringFilter


@strawberry.input
class TermWhere:
    category: CategoryWhere | None = None
    source: StringFilter | None = None


async def _category(info: Info, category_id: str | None) -> CategoryType | None:
    if category_id is None:
        return None
    found = await info.context["loaders"]["publication"].load(category_id)
    return CategoryType(publication=found) if found else None


async def _path(info: Info, publication: Publication) -> str | None:
    address: Address | None = await info.context["loaders"]["address"].load(publication.edition_id)
    return address.path if address else None


async def _entry(info: Info, publication: Publication) -> Entry:
    revision = await info.context["loaders"]["revision"].load(publication.revision_id)
    made = Term if publication.content_type == "Term" else Guide
    return made(publication=publication, revision=revision)


@strawberry.type
class Query:
    @strawberry.field
    async def entry(self, info: Info, by: EntryBy) -> Entry | None:
        found = await info.context["session"].scalar(
            select(Publication)
            .join(Address, Address.edition_id == Publication.edition_id)
            .where(
                Address.path == by.path,
                Address.ended_position.is_(None),
                Publication.locale == "en",
                Publication.ended_position.is_(None),
            )
        )
        return await _entry(info, found) if found else None

    @strawberry.field
    async def terms(
        self,
        info: Info,
        where: TermWhere | None = None,
        search: str | None = None,
        first: int = 20,
        skip: int = 0,
    ) -> TermConnection:
        chosen = _terms(Publication.ended_position.is_(None))
        if search is not None:
            words = search.strip('"')
            chosen = _with_renditions(chosen).where(_SOURCE.ilike(f"%{words}"))
        return await _page(info, chosen, where, first, skip)

    @strawberry.field
    def view(self, position: SitePosition) -> View:
        return View(position=position)


@strawberry.type
class View:
    position: strawberry.Private[int]

    @strawberry.field
    async def terms(self, info: Info, where: TermWhere, first: int = 20) -> TermConnection:
        ended = Publication.ended_position
        was_open = or_(ended.is_(None), ended > self.position)
        chosen = _terms(Publication.position <= self.position, was_open)
        return await _page(info, chosen, where, first, 0)


_SOURCE = Rendition.rendered["source"].as_string()


def _terms(*conditions: Any) -> Select[Publication]:
    return (
        select(Publication)
        .where(Publication.locale == "en", Publication.content_type == "Term", *conditions)
        .order_by(Publication.published_at.desc(), Publication.entry_id.desc())
    )


def _with_renditions(chosen: Select[Publication]) -> Select[Publication]:
    return chosen.join(Rendition, Rendition.revision_id == Publication.revision_id)


async def _page(
    info: Info, chosen: Select[Publication], where: TermWhere | None, first: int, skip: int
) -> TermConnection:
    if where is not None and where.category is not None:
        chosen = chosen.join(
            CategoryPath, CategoryPath.category_id == Publication.category_id
        ).where(CategoryPath.locale == "en", CategoryPath.path == where.category.tree_path.eq)
    if where is not None and where.source is not None:
        chosen = _with_renditions(chosen).where(where.source.eq == _SOURCE)
    session = info.context["session"]
    rows = (await session.scalars(chosen.limit(first).offset(skip))).all()
    revisions = await info.context["loaders"]["revision"].load_many(
        [row.revision_id for row in rows]
    )
    pairs = zip(rows, revisions, strict=True)
    nodes = [Term(publication=publication, revision=revision) for publication, revision in pairs]
    asked = {
        getattr(each, "name", "") for field in info.selected_fields for each in field.selections
    }
    count = None
    if "totalCount" in asked:
        count = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    return TermConnection(nodes=nodes, total_count=count)


_DATABASE = Database(os.environ["COPYDESK_DATABASE_URL"])


class Endpoint(GraphQL):
    """Gives every request a session and loaders of its own."""

    async def get_context(self, request: Any, response: Any) -> Any:
        session = request.state.session
        return {"session": session, "loaders": _loaders(session)}


_GRAPHQL = Endpoint(strawberry.Schema(Query, types=[Term, Guide], config=_CONFIG))


@asynccontextmanager
async def _session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(_DATABASE.engine, expire_on_commit=False) as session:
        yield session


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] != "http":
        return
    async with _session() as session:
        scope.setdefault("state", {})["session"] = session
        await _GRAPHQL(scope, receive, send)
