"""The base of all tables: naming of constraints, and column types."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from sqlalchemy import Boolean, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

from cms.storage.dialects import JsonDocument, Key, Moment, Words

if TYPE_CHECKING:
    from cms.content.canonical_json import Json, JsonObject
else:  # SQLAlchemy evaluates annotations when a class is created, and fails on recursive ones.
    Json = JsonObject = object

Id: TypeAlias = Annotated[str, mapped_column(Key, primary_key=True)]
Name: TypeAlias = Annotated[str, mapped_column(Key)]
Prose: TypeAlias = Annotated[str, mapped_column(Words)]
Time: TypeAlias = Annotated[datetime, mapped_column(Moment)]
Document: TypeAlias = Annotated[JsonObject, mapped_column(JsonDocument)]
Items: TypeAlias = Annotated[list[Json], mapped_column(JsonDocument)]


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar = {int: Integer, bool: Boolean}
