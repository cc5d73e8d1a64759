"""Mutations that copy, translate, archive and delete entries."""

from __future__ import annotations

from cms.commands import (
    add_edition,
    archive_entry,
    delete_entry,
    duplicate_entry,
    look_at,
    unarchive_entry,
)
from cms.content.canonical_json import JsonObject
from cms.work.work import Work
from graphql_api.schema.declaring.fields import value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.drafts import ENTRY_ID
from graphql_api.schema.management.mutations.mutation import Mutation, input_field
from graphql_api.schema.management.mutations.payloads import ENTRY


async def _duplicate(work: Work, inputs: InputValues) -> JsonObject:
    saved = await duplicate_entry(
        work, inputs["entryId"], slug=inputs.get("slug") or "", locale=inputs.get("locale")
    )
    return {"revision": saved.revision.id}


async def _add_edition(work: Work, inputs: InputValues) -> JsonObject:
    saved = await add_edition(
        work, inputs["entryId"], inputs["locale"], source_locale=inputs.get("sourceLocale")
    )
    return {"revision": saved.revision.id}


async def _archive(work: Work, inputs: InputValues) -> JsonObject:
    await archive_entry(work, inputs["entryId"], locale=inputs.get("locale"))
    return await _head_answer(work, inputs)


async def _unarchive(work: Work, inputs: InputValues) -> JsonObject:
    await unarchive_entry(work, inputs["entryId"], locale=inputs.get("locale"))
    return await _head_answer(work, inputs)


async def _delete(work: Work, inputs: InputValues) -> JsonObject:
    gone = await delete_entry(work, inputs["entryId"], locale=inputs.get("locale"))
    return {"deleted": gone.id}


async def _head_answer(work: Work, inputs: InputValues) -> JsonObject:
    held = await look_at(work, inputs["entryId"], inputs.get("locale"))
    return {"revision": held.head.id}


ENTRY_MUTATIONS = (
    Mutation(
        name="duplicateEntry",
        description="Create a copy of an entry, from its newest revision.",
        inputs={
            **ENTRY_ID,
            "slug": input_field(
                "str | None",
                "URL slug of the copy; default: the original's with `-copy`, made free.",
            ),
        },
        payload=ENTRY,
        run=_duplicate,
    ),
    Mutation(
        name="addEdition",
        description="Add an edition in another locale, filled with the text of the source edition.",
        inputs={
            "entry_id": input_field("ID", "Id of the entry to translate."),
            "locale": input_field("Locale", "Locale of the new edition."),
            "source_locale": input_field(
                "Locale | None", "Locale of the source edition; default: the site's first locale."
            ),
        },
        payload=ENTRY,
        run=_add_edition,
    ),
    Mutation(
        name="archiveEntry",
        description="Archive an edition that is not public.",
        inputs=ENTRY_ID,
        payload=ENTRY,
        run=_archive,
    ),
    Mutation(
        name="unarchiveEntry",
        description="Restore an archived edition.",
        inputs=ENTRY_ID,
        payload=ENTRY,
        run=_unarchive,
    ),
    Mutation(
        name="deleteEntry",
        description="Delete an entry that was only ever a draft and is no target of others' links.",
        inputs=ENTRY_ID,
        payload={
            "deleted": value(
                "ID | None",
                json_member("deleted"),
                "Id of the deleted entry; null if it was refused.",
            )
        },
        run=_delete,
    ),
)
