"""An ordinary app: Strawberry, SQLAlchemy models over the lean tables, DataLoaders.

It is what a careful team would write by hand: every relation is loaded in batches. The database is
that of :mod:`bench.limit.raw`.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, NewType

import strawberry
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from cms.storage.dialects import Moment, as_text

Info = strawberry.Info[dict[str, Any], None]
DateTime = NewType("DateTime", datetime)
_CONFIG = StrawberryConfig(
    scalar_map={
        DateTime: strawberry.scalar(
            name="DateTime", serialize=as_text, parse_value=datetime.fromisoformat
        )
    }
)
_LISTED = 20


@strawberry.enum
class EntryType(Enum):
    GlossaryTerm = "GlossaryTerm"
    BuyerGuide = "BuyerGuide"
    ErrorFix = "ErrorFix"
    Hardware = "Hardware"


class Base(DeclarativeBase):
    """The base of the models."""


class CategoryRow(Base):
    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None]
    name: Mapped[str]
    slug: Mapped[str]


class PersonRow(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class EntryRow(Base):
    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int]
    type: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(Moment)
    slug: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]


class ReviewerRow(Base):
    __tablename__ = "reviewer"

    entry_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]


class LinkRow(Base):
    __tablename__ = "link"

    source_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    target_id: Mapped[int]
    kind: Mapped[str]


class RevisionRow(Base):
    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    person_id: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str]


class TokenRow(Base):
    __tablename__ = "token"

    hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int]


def _loaders(session: AsyncSession) -> dict[str, DataLoader[Any, Any]]:
    """Return the loaders of one request."""

    def one(model: Any) -> Callable[[list[Any]], Awaitable[list[Any]]]:
        async def load(keys: list[Any]) -> list[Any]:
            rows = await session.scalars(select(model).where(model.id.in_(keys)))
            found = {row.id: row for row in rows}
            return [found.get(key) for key in keys]

        return load

    def many(model: Any, column: Any) -> Callable[[list[Any]], Awaitable[list[Any]]]:
        async def load(keys: list[Any]) -> list[Any]:
            chosen = select(model).where(column.in_(keys)).order_by(model.position)
            found: dict[int, list[Any]] = defaultdict(list)
            for row in await session.scalars(chosen):
                found[getattr(row, column.key)].append(row)
            return [found[key] for key in keys]

        return load

    return {
        "category": DataLoader(one(CategoryRow)),
        "person": DataLoader(one(PersonRow)),
        "entry": DataLoader(one(EntryRow)),
        "links": DataLoader(many(LinkRow, LinkRow.source_id)),
        "reviewers": DataLoader(many(ReviewerRow, ReviewerRow.entry_id)),
    }


@strawberry.type
class Category:
    row: strawberry.Private[CategoryRow]

    @strawberry.field
    def name(self) -> str:
        return self.row.name

    @strawberry.field
    def slug(self) -> str:
        return self.row.slug

    @strawberry.field
    async def parent(self, info: Info) -> Category | None:
        if self.row.parent_id is None:
            return None
        return Category(row=await info.context["loaders"]["category"].load(self.row.parent_id))


@strawberry.type
class Person:
    name: str


@strawberry.type
class Review:
    reviewers: list[Person]


@strawberry.type
class Markdown:
    markdown: str


@strawberry.type
class Link:
    row: strawberry.Private[LinkRow]

    @strawberry.field
    def kind(self) -> str:
        return self.row.kind

    @strawberry.field
    async def target(self, info: Info) -> Annotated[Entry, strawberry.lazy("bench.limit.ordinary")]:
        return _entry(await info.context["loaders"]["entry"].load(self.row.target_id))


@strawberry.type
class LinkConnection:
    nodes: list[Link]


@strawberry.interface
class Entry:
    row: strawberry.Private[EntryRow]

    @strawberry.field
    def title(self) -> str:
        return self.row.title

    @strawberry.field
    def slug(self) -> str:
        return self.row.slug

    @strawberry.field
    def summary(self) -> str:
        return self.row.summary

    @strawberry.field
    def published_at(self) -> DateTime:
        return DateTime(self.row.published_at)

    @strawberry.field
    def body(self) -> Markdown:
        return Markdown(markdown=self.row.body)

    @strawberry.field
    async def category(self, info: Info) -> Category:
        return Category(row=await info.context["loaders"]["category"].load(self.row.category_id))

    @strawberry.field
    async def review(self, info: Info) -> Review:
        loaders = info.context["loaders"]
        signed = await loaders["reviewers"].load(self.row.id)
        people = await loaders["person"].load_many([each.person_id for each in signed])
        return Review(reviewers=[Person(name=person.name) for person in people])

    @strawberry.field
    async def links(self, info: Info, first: int = _LISTED) -> LinkConnection:
        rows = await info.context["loaders"]["links"].load(self.row.id)
        return LinkConnection(nodes=[Link(row=row) for row in rows[:first]])


@strawberry.type
class GlossaryTerm(Entry):
    pass


@strawberry.type
class BuyerGuide(Entry):
    pass


@strawberry.type
class ErrorFix(Entry):
    pass


@strawberry.type
class Hardware(Entry):
    pass


_TYPES: dict[str, type[Entry]] = {
    each.__name__: each for each in (GlossaryTerm, BuyerGuide, ErrorFix, Hardware)
}


def _entry(row: EntryRow) -> Entry:
    return _TYPES[row.type](row=row)


@strawberry.type
class EntryConnection:
    nodes: list[Entry]


@strawberry.input
class EntryBy:
    path: str


@strawberry.input
class StringFilter:
    eq: str


@strawberry.input
class EntryTypeFilter:
    eq: EntryType


@strawberry.input
class DateTimeFilter:
    lte: DateTime


@strawberry.input
class CategoryWhere:
    tree_path: StringFilter


@strawberry.input
class EntryWhere:
    category: CategoryWhere
    type: EntryTypeFilter | None = None
    published_at: DateTimeFilter | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def entry(self, info: Info, by: EntryBy) -> Entry | None:
        slug = by.path.rpartition("/")[2]
        row = await info.context["session"].scalar(select(EntryRow).where(EntryRow.slug == slug))
        return _entry(row) if row else None

    @strawberry.field
    async def entries(self, info: Info, where: EntryWhere, first: int = _LISTED) -> EntryConnection:
        slug = where.category.tree_path.eq.rpartition("/")[2]
        chosen = (
            select(EntryRow)
            .join(CategoryRow, CategoryRow.id == EntryRow.category_id)
            .where(CategoryRow.slug == slug)
            .order_by(EntryRow.published_at.desc())
            .limit(first)
        )
        if where.type is not None:
            chosen = chosen.where(EntryRow.type == where.type.eq.value)
        if where.published_at is not None:
            chosen = chosen.where(EntryRow.published_at <= where.published_at.lte)
        rows = await info.context["session"].scalars(chosen)
        return EntryConnection(nodes=[_entry(row) for row in rows])


@strawberry.input
class GlossaryTermValues:
    title: str
    summary: str


@strawberry.input
class UpdateGlossaryTermInput:
    entry_id: strawberry.ID
    base_revision: strawberry.ID
    values: GlossaryTermValues


@strawberry.type
class UserError:
    message: str


@strawberry.type
class Revision:
    number: int


@strawberry.type
class UpdateGlossaryTermPayload:
    errors: list[UserError]
    revision: Revision | None = None
    entry: GlossaryTerm | None = None


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def update_glossary_term(
        self,
        info: Info,
        saved: Annotated[UpdateGlossaryTermInput, strawberry.argument(name="input")],
    ) -> UpdateGlossaryTermPayload:
        session: AsyncSession = info.context["session"]
        token = info.context["request"].headers.get("authorization", "").removeprefix("Bearer ")
        author = await session.get(TokenRow, hashlib.sha256(token.encode()).hexdigest())
        if author is None:
            return UpdateGlossaryTermPayload(errors=[UserError(message="not signed in")])
        row = await session.get_one(EntryRow, int(saved.entry_id.partition("_")[2]))
        row.title, row.summary = saved.values.title, saved.values.summary
        revision = RevisionRow(
            entry_id=row.id, person_id=author.person_id, title=row.title, summary=row.summary
        )
        session.add(revision)
        await session.commit()
        return UpdateGlossaryTermPayload(
            errors=[], revision=Revision(number=revision.id), entry=GlossaryTerm(row=row)
        )


def _url(database: str) -> str:
    if database.startswith("postgresql"):
        return database.replace("postgresql", "postgresql+asyncpg", 1)
    return f"sqlite+aiosqlite:///{database}"


_SESSIONS = async_sessionmaker(
    create_async_engine(_url(os.environ["LIMIT_DATABASE"])), expire_on_commit=False
)


class Endpoint(GraphQL):
    """Gives every request a session and loaders of its own."""

    async def get_context(self, request: Any, response: Any) -> Any:
        session = request.state.session
        return {"request": request, "session": session, "loaders": _loaders(session)}


_GRAPHQL = Endpoint(strawberry.Schema(Query, Mutation, types=[*_TYPES.values()], config=_CONFIG))


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] != "http":
        return
    async with _SESSIONS() as session:
        scope.setdefault("state", {})["session"] = session
        await _GRAPHQL(scope, receive, send)
