"""Fields: the interface of every kind."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, TypeAlias

from cms.content.canonical_json import Json, JsonObject
from cms.content.keywords import Declaration
from cms.content.links import Edge, Targets
from cms.content.rendering import Rendering
from cms.errors import InvalidValue, MissingField, UserError

ValuePath: TypeAlias = tuple[str | int, ...]
Problems: TypeAlias = list[UserError]
# The most characters of a value that is indexed: PostgreSQL indexes 2,704 bytes.
LONGEST_INDEXED = 600


@dataclass(eq=False)
class Field(Declaration, ABC):
    """One named value of a content type.

    A value goes through a field in this order: :meth:`clean` says what is allowed,
    :meth:`hrefs` and :meth:`resolve` turn addresses into entry ids, :meth:`compute` fills in
    what Python works out, :meth:`missing` says what still has to be filled in, :meth:`render`
    makes what a reader gets, :meth:`texts` says what of that is searched, and :meth:`edges`
    says where it leads.

    Attributes:
        label: what editors and readers see; by default made of the name.
        required: whether a page cannot be published without it.
        description: one sentence for the schema.
        indexed: whether lists are often filtered by it, by few of its values at a time, so that
            an index pays; ``copydesk migrate`` makes it. For fields of a content type whose
            value is one scalar or a reference; a text has 600 characters at most, then.
        schema_org: which property of https://schema.org it is of what the content type is to
            search engines: ``brand`` of a ``Product``. For fields of a content type whose value
            is one scalar, or a list of these.
        seo: what search engines take it for, in place of what they would else be told of a page:
            the ``title`` or the ``description``, which are texts, or the ``image``, a URL. For
            fields of a content type.
        was: the former name of a field that is renamed; it can be left out once the site has been
            migrated.
        absent: what readers of the past, and of drafts, get in place of a required value that is
            missing. Published content has the value.
        deprecated: the reason why clients and editors should no longer use it: ``"use title"``.
            The schema has it, and the field works as before. Empty for any other field.
        name: the attribute's name in the content type.
        stored_name: the name under which values are stored: the first name that the field had;
            see :mod:`cms.content.stored_names`.
        awaits_index: whether it is indexed, and was not when the database was migrated last.
    """

    label: str = ""
    _: KW_ONLY
    required: bool = False
    description: str = ""
    indexed: bool = False
    schema_org: str = ""
    seo: Literal["", "title", "description", "image"] = ""
    was: str = ""
    absent: Json = None
    deprecated: str = ""
    name: str = field(default="", init=False)
    stored_name: str = field(default="", init=False)
    awaits_index: bool = field(default=False, init=False)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.stored_name = name
        self.label = self.label or label_of(name)

    @property
    def is_repeated(self) -> bool:
        """True if all public pages repeat its value, which indexes have."""
        return self.indexed and not self.awaits_index

    @abstractmethod
    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Return the value in its one stored form; add what is wrong with it to ``problems``.

        An empty value is always allowed, since a draft may be unfinished.
        """

    def at_most(self, longest: int) -> int:
        """Return the most characters of a text that could else have so many."""
        return min(longest, LONGEST_INDEXED) if self.indexed else longest

    def missing(self, value: Json, path: ValuePath) -> Iterator[MissingField]:
        """Yield what has to be filled in before the value can be published."""
        if self.required and value in (None, [], ()):
            yield MissingField(message=f"{self.label} is required", path=path)

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield every address in the value that could be an entry's."""
        del value
        yield from ()

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Return the value with entry ids in place of addresses, where it stores ids."""
        del targets
        return value

    def compute(self, value: Json, beside: JsonObject) -> Json:
        """Return the value with what Python works out filled in.

        Args:
            value: the value.
            beside: the values that it stands beside, its own among them.
        """
        del beside
        return value

    def render(self, value: Json, page: Rendering) -> Json:
        """Return what a reader gets: the value with what derives from it."""
        del page
        return value

    def texts(self, value: Json) -> Iterator[str]:
        """Yield what is searched, text by text, of what :meth:`render` returned."""
        del value
        yield from ()

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield where the value leads."""
        del value, path, targets
        yield from ()

    def inner_fields(self) -> Iterator[Field]:
        """Yield the fields that a value of this one is made of."""
        yield from ()

    def to_stored(self, value: Json) -> Json:
        """Return the value with the stored names of what is in it, in place of the declared ones.

        Rendered values have the same names, and are converted in the same way.
        """
        return value

    def to_named(self, value: Json, *, is_draft: bool = False) -> Json:
        """Return a stored value with the declared names of what is in it.

        Args:
            value: the value as it is stored.
            is_draft: whether to leave out what is no longer declared, as the next draft does.
        """
        del is_draft
        return value


class Scalar(Field):
    """A field whose value is one scalar, in which nothing leads anywhere.

    Entries can be filtered, ordered and counted by it. It can be indexed, computed, and a
    property of structured data.
    """


def label_of(name: str) -> str:
    """Return the label of a field that declares none."""
    return name.replace("_", " ").capitalize()


def all_fields(fields: Iterable[Field]) -> Iterator[Field]:
    """Yield the fields, and those within objects, lists and blocks."""
    for each in fields:
        yield each
        yield from all_fields(each.inner_fields())


def stored_values(fields: Mapping[str, Field], values: JsonObject) -> JsonObject:
    """Return values by the stored names of their fields; what is no field's value stays."""
    found = ((name, fields.get(name), value) for name, value in values.items())
    return {
        name if field is None else field.stored_name: (
            value if field is None else field.to_stored(value)
        )
        for name, field, value in found
    }


def named_values(
    fields: Mapping[str, Field], stored: JsonObject, *, is_draft: bool = False
) -> JsonObject:
    """Return the values of the declared fields by their names; the inverse of the above.

    Args:
        fields: the fields by their names.
        stored: the values by their stored names; what no field has declared is left out.
        is_draft: see :meth:`Field.to_named`.
    """
    return {
        name: field.to_named(stored[field.stored_name], is_draft=is_draft)
        for name, field in fields.items()
        if field.stored_name in stored
    }


def former_name(stored_name: str, declared: Collection[str]) -> str:
    """Return the name of what is no longer declared: the stored one, with a mark if that is taken.

    Args:
        stored_name: its stored name.
        declared: the declared names beside it, none of which has the mark.
    """
    return f"{stored_name}~" if stored_name in declared else stored_name


def as_text(value: Json, path: ValuePath, problems: Problems, longest: int) -> str:
    """Return text of at most ``longest`` characters that can be stored and shown."""
    if value is None:
        return ""
    if not isinstance(value, str):
        problems.append(InvalidValue(message=expected_instead("text", value), path=path))
        return ""
    if len(value) > longest:
        message = f"{len(value):,} characters; at most {longest:,} are allowed"
        problems.append(InvalidValue(message=message, path=path))
    if bad := forbidden_in(value):
        message = f"contains the character U+{ord(bad):04X}, which cannot be shown"
        problems.append(InvalidValue(message=message, path=path))
    return value.replace("\r\n", "\n")


def as_list(value: Json, path: ValuePath, problems: Problems) -> Sequence[Json]:
    """Return a list; nothing counts as the empty one."""
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        problems.append(InvalidValue(message=f"expected a list, not {name_of(value)}", path=path))
        return ()
    return value


def as_mapping(
    value: Json, known: Sequence[str], path: ValuePath, problems: Problems
) -> Mapping[str, Json]:
    """Return a mapping with no other keys than those known; nothing counts as the empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        message = f"expected a mapping with {', '.join(known)}, not {name_of(value)}"
        problems.append(InvalidValue(message=message, path=path))
        return {}
    for key in value:
        if key not in known:
            message = f"unknown key {key!r}; use one of {', '.join(known)}"
            problems.append(InvalidValue(message=message, path=(*path, key)))
    return value


def expected_instead(form: str, value: Json) -> str:
    """Return what is wrong with a value of the wrong form, without what it says."""
    return (
        f"expected {form}" if isinstance(value, str) else f"expected {form}, not {name_of(value)}"
    )


def name_of(value: Json) -> str:
    """Return what a person would call a value of this type."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a mapping"
        case _:
            return "a list"


# Control characters but tabs and line ends, halves of surrogate pairs, and what is no character.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def path_text(path: ValuePath) -> str:
    """Return a value's path as one string: ``groups/0/links``."""
    return "/".join(map(str, path))


def forbidden_in(text: str) -> str:
    """Return the first character that can be neither stored nor shown; empty if there is none."""
    found = _FORBIDDEN.search(text)
    return found[0] if found is not None else ""
