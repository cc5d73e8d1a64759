"""Write: create and update for each content type, and what is the same for all."""

from __future__ import annotations

from collections.abc import Iterator

from cms.commands import (
    autosave_entry,
    create_entry,
    prune_autosaves,
    restore_revision,
    update_entry,
)
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_warnings import warnings_about
from cms.content.snapshot import Changes
from cms.site import Site
from cms.work.work import Work
from graphql_api.schema.declaring.fields import value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.management.context import Given, days
from graphql_api.schema.management.mutations.mutation import Mutation, in_values, wanted
from graphql_api.schema.management.mutations.payloads import ENTRY, WARNING, warnings_json, written
from graphql_api.schema.management.mutations.values import (
    add_shared_inputs,
    add_values,
    changes_from,
    draft_from,
)

LOCALE = {"locale": wanted("Locale | None", "The edition; by default the site's first locale.")}
ENTRY_ID = {"entry_id": wanted("ID", "The entry."), **LOCALE}
BASE = {
    "base_revision": wanted("ID", "The id of the revision that this write started from."),
}
NOTE = {"note": wanted("str | None", "What the author has to say about the revision.")}


def draft_mutations(namespace: Namespace, site: Site) -> Iterator[Mutation]:
    """Yield the mutations that write drafts, and add the inputs that they take."""
    add_shared_inputs(namespace)
    namespace.add_object(WARNING)
    for content_type in site.content_types.values():
        values = add_values(namespace, content_type)
        yield _create(content_type, values)
        yield _update(content_type, values)
    yield from (MOVE, TAG, RESTORE, PRUNE)


def _create(content_type: type[ContentType], values: str) -> Mutation:
    async def run(work: Work, given: Given) -> JsonObject:
        saved = await create_entry(
            work,
            content_type.name,
            draft_from(content_type, given["values"]),
            locale=given.get("locale"),
            note=given.get("note") or "",
        )
        return _saved(content_type, saved.revision.id, saved.revision.content)

    return Mutation(
        name=f"create{content_type.name}",
        description=f"Create a new {content_type.name}; a title is enough to begin with.",
        inputs={**LOCALE, **NOTE, "values": wanted(values, "What to write.")},
        payload=written(content_type.name),
        run=run,
        place=in_values,
    )


def _update(content_type: type[ContentType], values: str) -> Mutation:
    async def run(work: Work, given: Given) -> JsonObject:
        changes = changes_from(content_type, given["values"])
        base, locale = given["baseRevision"], given.get("locale")
        if given.get("isAutosave"):
            saved = await autosave_entry(
                work,
                given["entryId"],
                changes,
                base_revision=base,
                locale=locale,
                content_type=content_type.name,
            )
        else:
            saved = await update_entry(
                work,
                given["entryId"],
                changes,
                base_revision=base,
                locale=locale,
                note=given.get("note") or "",
                translated_from=given.get("translatedFrom"),
                content_type=content_type.name,
            )
        return _saved(content_type, saved.revision.id, saved.revision.content)

    autosave = "A machine saves while somebody types: the author's last autosave is replaced."
    source = "The revision of another edition that it translates now; by default as before."
    return Mutation(
        name=f"update{content_type.name}",
        description=f"Save a new {content_type.name} revision; what is left out stays.",
        inputs={
            **ENTRY_ID,
            **BASE,
            **NOTE,
            "is_autosave": wanted("bool | None", autosave),
            "translated_from": wanted("ID | None", source),
            "values": wanted(values, "What shall be different; null empties a value."),
        },
        payload=written(content_type.name),
        run=run,
        place=in_values,
    )


def _saved(content_type: type[ContentType], revision_id: str, content: JsonObject) -> JsonObject:
    warnings = warnings_about(content_type, content)
    return {"revision": revision_id, "warnings": warnings_json(warnings, in_values)}


async def _move(work: Work, given: Given) -> JsonObject:
    return await _change(work, given, Changes(category=given.get("categoryId") or ""))


async def _tag(work: Work, given: Given) -> JsonObject:
    return await _change(work, given, Changes(tags=tuple(given["tagIds"])))


async def _change(work: Work, given: Given, changes: Changes) -> JsonObject:
    saved = await update_entry(
        work,
        given["entryId"],
        changes,
        base_revision=given["baseRevision"],
        locale=given.get("locale"),
    )
    return {"revision": saved.revision.id}


async def _restore(work: Work, given: Given) -> JsonObject:
    saved = await restore_revision(
        work,
        given["entryId"],
        given["revisionId"],
        base_revision=given["baseRevision"],
        locale=given.get("locale"),
    )
    return {"revision": saved.revision.id}


async def _prune(work: Work, given: Given) -> JsonObject:
    pruned = await prune_autosaves(
        work,
        given["entryId"],
        older_than=days(given["olderThanDays"]),
        locale=given.get("locale"),
    )
    return {"pruned": [each.id for each in pruned]}


MOVE = Mutation(
    name="moveEntry",
    description="Save a new revision in another category.",
    inputs={
        **ENTRY_ID,
        **BASE,
        "category_id": wanted("ID | None", "The category; null for none."),
    },
    payload=ENTRY,
    run=_move,
)
TAG = Mutation(
    name="tagEntry",
    description="Save a new revision with other tags.",
    inputs={**ENTRY_ID, **BASE, "tag_ids": wanted("list[ID]", "All the tags it shall have.")},
    payload=ENTRY,
    run=_tag,
)
RESTORE = Mutation(
    name="restoreRevision",
    description="Save what an earlier revision held as a new one.",
    inputs={**ENTRY_ID, **BASE, "revision_id": wanted("ID", "The revision to go back to.")},
    payload=ENTRY,
    run=_restore,
)
PRUNE = Mutation(
    name="pruneAutosaves",
    description="Delete old autosaves that nothing needs.",
    inputs={**ENTRY_ID, "older_than_days": wanted("int", "How old they are, at least.")},
    payload={
        "pruned": value(
            "list[ID] | None",
            json_member("pruned"),
            "The ids of the revisions that are gone.",
        )
    },
    run=_prune,
)
