"""All that readers see of a site whose content types change, by stored names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from cms.content.content_type import ContentType
from cms.content.fields import (
    AnyBlock,
    Choice,
    Field,
    Links,
    List,
    Markdown,
    Object,
    Reference,
    Section,
)
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name, lower_first
from cms.site import Site
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom
from tests.properties.content import NO_LIMITS
from tests.schemas import delivery_schema_of

# A value that stands in place of a missing one, or cannot be told from it.
MAYBE = object()


@dataclass(frozen=True)
class Part:
    """The blocks of a list.

    Attributes:
        known: the stored names of the classes that are declared.
        blocks: the blocks, each with the stored name of its class.
    """

    known: frozenset[str]
    blocks: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Seen:
    """The answers of the API, now and in the past.

    Attributes:
        site: the site.
        position: the present position.
        entries: for each view, the values of each entry by stored names: those of its fields, and
            ``type``, ``locale`` and ``title``.
    """

    site: Site
    position: str
    entries: Mapping[tuple[str, ...], Mapping[str, Mapping[str, Any]]]


async def read_all(newsroom: Newsroom, site: Site, moments: Sequence[Mapping[str, str]]) -> Seen:
    """Return all that readers see in all locales, which has to be without errors.

    Args:
        newsroom: the newsroom.
        site: the site with its stored names.
        moments: the moments: each a position or a time; empty for now.
    """
    schema = delivery_schema_of(site)
    delivery = Delivery(site, schema, newsroom.database.reader, NO_LIMITS)
    entries: dict[tuple[str, ...], Mapping[str, Mapping[str, Any]]] = {}
    position = ""
    for locale in site.locales:
        for moment in moments:
            variables = {"locale": _enum(locale), **moment}
            source = query_of(site, is_dated="asOf" in moment)
            result = await delivery.answer(GraphQLRequest(source, None, variables))
            response = orjson.loads(result.body)
            assert "errors" not in response, (response["errors"], moment)
            data = response["data"]
            entries[(locale, *moment.values())] = dict(_entries(site, data))
            if not moment:
                position = data["position"]
    return Seen(site, position, entries)


_SYNC = "sync(first: 100) { nodes { kind type typeName path entry { __typename id } } }"


def query_of(site: Site, *, is_dated: bool) -> str:
    """Return a query of all fields of all content types.

    Args:
        site: the site.
        is_dated: whether it is of a time in the past, when changes cannot be asked for.
    """
    types = "\n".join(_type_query(index, each) for index, each in enumerate(_own_types(site)))
    return f"""query($position: SitePosition, $asOf: DateTime, $locale: Locale!)
@view(position: $position, asOf: $asOf, locale: $locale) {{
  position
  entries(first: 100) {{ nodes {{
    __typename id type title path jsonLd seo {{ title }}
    links {{ nodes {{ kind kindName label target {{ __typename }} }} }}
    incomingLinks {{ totalCount nodes {{ kind source {{ __typename }} }} }}
    linkGroups {{ kind kindName }}
  }} facets(fields: [type, locale]) {{ field value count }} }}
  sitemap(first: 100) {{ nodes {{ path }} }}
  {"" if is_dated else _SYNC}
  {types}
}}"""


def _own_types(site: Site) -> Sequence[type[ContentType]]:
    return [each for each in site.content_types.values() if not each.is_built_in()]


def _type_query(index: int, content_type: type[ContentType]) -> str:
    fields = " ".join(
        f"{api_name(each.name)} {selection(each)}" for each in content_type.fields.values()
    )
    own = f"id locale title {fields}"
    one = f"""t{index}: entries(first: 100, where: {{type: {{in: [{content_type.name}]}}}}) {{
        nodes {{ ... on {content_type.name} {{ {own} }} }} }}"""
    if content_type.singleton:
        return one
    choices = [
        api_name(each.name)
        for each in content_type.fields.values()
        if isinstance(_item_of(each), Choice)
    ]
    facets = f"facets(fields: [{', '.join(choices)}]) {{ field value count }}" if choices else ""
    return f"""{one}
    l{index}: {lower_first(content_type.plural)}(first: 100) {{ nodes {{ {own} }} {facets} }}"""


def _item_of(field: Field) -> Field:
    shown = shown_as(field)
    return shown.item if isinstance(shown, List) else shown


def selection(field: Field) -> str:
    """Return the selection of all that a field's value has; empty for a plain value."""
    match _item_of(field):
        case Markdown():
            return "{ markdown html plainText wordCount ast links { kind } }"
        case Section():
            return "{ heading anchor body { markdown html } }"
        case AnyBlock() as blocks:
            inner = (
                f"... on {block.name} {{ "
                + " ".join(
                    f"{block.name}_{each.name}: {api_name(each.name)} {selection(each)}"
                    for each in block.fields.values()
                )
                + " }"
                for block in blocks.blocks.values()
            )
            return f"{{ __typename {' '.join(inner)} }}"
        case Object() as group:
            inner = (f"{api_name(each.name)} {selection(each)}" for each in group.fields.values())
            return f"{{ __typename {' '.join(inner)} }}"
        case Reference():
            return "{ __typename id title }"
        case Links():
            return "{ kind kindName label url target { __typename ... on Entry { id } } }"
    return ""


def _entries(site: Site, data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, content_type in enumerate(_own_types(site)):
        nodes = data[f"t{index}"]["nodes"]
        listed = data.get(f"l{index}")
        assert listed is None or listed["nodes"] == nodes
        for node in nodes:
            yield (
                node["id"],
                {
                    "type": content_type.stored_name,
                    "locale": node["locale"],
                    "title": node["title"],
                    "fields": _told(content_type.fields, node, ""),
                },
            )


def _told(fields: Mapping[str, Field], values: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    return {
        each.stored_name: told(
            each, values[prefix + (each.name if prefix else api_name(each.name))]
        )
        for each in fields.values()
    }


def told(field: Field, value: Any) -> Any:
    """Return a value of the API with stored names and words."""
    if field.absent is not None and value is not None:
        given = value["markdown"] if isinstance(field, Markdown) else value
        if given == field.absent:
            return MAYBE
    shown = shown_as(field)
    if value is None:
        return None
    if isinstance(shown, List):
        if isinstance(shown.item, AnyBlock):
            return _blocks(shown.item, value)
        return [told(shown.item, each) for each in value]
    match shown:
        case Choice():
            return MAYBE if value == "UNKNOWN" else shown.words()[value]
        case Markdown():
            return value["markdown"]
        case Section():
            return value
        case Object():
            return _told(shown.fields, value, "")
        case Reference():
            return value["id"]
        case Links():
            # The address of a page can change with its content type.
            return [
                (each["label"], (each["target"] or {}).get("id", each["url"])) for each in value
            ]
    return value


def _blocks(field: AnyBlock, values: Sequence[Mapping[str, Any]]) -> Part:
    classes = [field.blocks[each["__typename"]] for each in values]
    return Part(
        frozenset(each.stored_name for each in field.blocks.values()),
        [
            (block.stored_name, _told(block.fields, value, f"{block.name}_"))
            for block, value in zip(classes, values, strict=True)
        ],
    )


def _enum(locale: str) -> str:
    return locale.replace("-", "_").upper()


def agree(before: Seen, after: Seen) -> None:
    """Check that readers see the same values of what is declared before and after a change.

    Args:
        before: what they saw before.
        after: what they see now.
    """
    types = {*before.site.stored_types} & {*after.site.stored_types}
    for view, entries in before.entries.items():
        locale = view[0]
        if view not in after.entries:
            continue
        same = before.site.locales_for(locale) == after.site.locales_for(locale)
        then, now = (
            {key for key, each in one.items() if each["type"] in types}
            for one in (entries, after.entries[view])
        )
        assert not same or then == now, (view, then ^ now)
        for key in then & now:
            old, new = entries[key], after.entries[view][key]
            if old["locale"] == new["locale"]:
                _agree((view, key), old, new)


def _agree(place: tuple[Any, ...], old: Any, new: Any) -> None:
    if old is MAYBE or new is MAYBE:
        return
    if isinstance(old, Part) and isinstance(new, Part):
        shown = [
            [each for each in part.blocks if each[0] in old.known & new.known]
            for part in (old, new)
        ]
        assert [each[0] for each in shown[0]] == [each[0] for each in shown[1]], place
        for index, (one, other) in enumerate(zip(*shown, strict=True)):
            _agree((*place, index), one[1], other[1])
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in old.keys() & new.keys():
            _agree((*place, name), old[name], new[name])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            _agree((*place, index), one, other)
    else:
        assert old == new, (place, old, new)
