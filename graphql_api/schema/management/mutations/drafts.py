"""Mutations that save revisions: create and update per content type, and shared ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from cms.commands import (
    autosave_entry,
    create_category,
    create_entry,
    create_person,
    prune_autosaves,
    restore_revision,
    update_entry,
    warnings_on_all,
)
from cms.content.builtin import CATEGORY
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.snapshot import Changes
from cms.drafts.saving import Saved
from cms.site import Site
from cms.work.work import Work
from graphql_api.schema.declaring.fields import value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.management.content_warnings import warnings_json
from graphql_api.schema.management.context import InputValues, days
from graphql_api.schema.management.errors import PathMapping
from graphql_api.schema.management.mutations.mutation import Mutation, in_values, input_field
from graphql_api.schema.management.mutations.payloads import (
    ENTRY,
    draft_payload,
)
from graphql_api.schema.management.mutations.values import (
    add_shared_inputs,
    add_values,
    changes_from,
    draft_from,
    in_values_of,
    rendering,
)

LOCALE = {
    "locale": input_field(
        "Locale | None",
        "Locale of the edition to which {mutation} applies; default: the site's first locale.",
    )
}
ENTRY_ID = {"entry_id": input_field("ID", "Id of the entry to which {mutation} applies."), **LOCALE}
BASE = {
    "base_revision": input_field(
        "ID",
        "Id of the revision from which {mutation} starts; it is refused if a newer one exists.",
    ),
}
NOTE = {"note": input_field("str | None", "Author's note on the revision that {mutation} saves.")}


def draft_mutations(registry: TypeRegistry, site: Site) -> Iterator[Mutation]:
    """Yield the mutations that save revisions, and add their input types."""
    add_shared_inputs(registry)
    for content_type in site.content_types.values():
        values = add_values(registry, content_type)
        yield _create(content_type, values)
        yield _update(content_type, values)
    yield from (MOVE, TAG, RESTORE, PRUNE)


@dataclass(frozen=True, kw_only=True)
class DraftMutation(Mutation):
    """A mutation that saves a draft: ``run`` returns what was saved."""

    run: Callable[[Work, InputValues], Awaitable[Saved]]  # type: ignore[assignment]  # `answer` makes JSON of it

    async def answer(
        self, work: Work, inputs: InputValues, selected: Collection[str] | None
    ) -> JsonObject:
        """Run the command, and return the JSON that the payload refers to."""
        saved = await self.run(work, inputs)
        (answer,) = await saved_json(work, [saved], [self.argument_path], selected)
        return answer


async def saved_json(
    work: Work,
    saved: Sequence[Saved],
    argument_paths: Sequence[PathMapping],
    selected: Collection[str] | None,
) -> Sequence[JsonObject]:
    """Return what the fields of :func:`draft_payload` refer to, for each revision.

    Args:
        work: the transaction and the actor.
        saved: the revisions.
        argument_paths: for each, what maps a path in its content to one in the arguments.
        selected: see :meth:`Mutation.answer`. Warnings take as long as the save of a long text.
    """
    answers: list[JsonObject] = [{"revision": each.revision.id} for each in saved]
    if selected is not None and "warnings" not in selected:
        return answers
    warnings = await warnings_on_all(work, [each.revision for each in saved])
    return [
        {**answer, "warnings": warnings_json(found, path_of)}
        for answer, found, path_of in zip(answers, warnings, argument_paths, strict=True)
    ]


def _create(content_type: type[ContentType], values: str) -> Mutation:
    if content_type.is_built_in():
        return _create_built_in(content_type, values)

    async def run(work: Work, inputs: InputValues) -> Saved:
        return await create_entry(
            work,
            content_type.name,
            draft_from(content_type, inputs["values"]),
            locale=inputs.get("locale"),
            note=inputs.get("note") or "",
        )

    return DraftMutation(
        name=f"create{content_type.name}",
        description=(
            f"Create an entry of type {content_type.name}. A title is sufficient for a draft."
        ),
        inputs={
            "locale": input_field(
                "Locale | None",
                f"Locale of the new {content_type.name}; default: the site's first locale.",
            ),
            **NOTE,
            "values": input_field(values, f"Values of the new {content_type.name}."),
        },
        payload=draft_payload(content_type.name),
        run=run,
        prepare=rendering(content_type),
        argument_path=in_values,
    )


def _create_built_in(content_type: type[ContentType], values: str) -> Mutation:
    """Return the mutation that creates a category or a person, in the default locale."""
    argument_path = in_values_of(content_type)

    async def run(work: Work, inputs: InputValues) -> Saved:
        draft = draft_from(content_type, inputs["values"])
        note = inputs.get("note") or ""
        if content_type.name == CATEGORY:
            return await create_category(work, draft, parent_id=inputs.get("parentId"), note=note)
        return await create_person(work, draft, note=note)

    parent = {"parent_id": input_field("ID | None", "Id of the parent category; default: a root.")}
    return DraftMutation(
        name=f"create{content_type.name}",
        description=(
            f"Create a {content_type.name} in the site's first locale, as a draft. Readers see it "
            "once it is published."
        ),
        inputs={
            **(parent if content_type.name == CATEGORY else {}),
            **NOTE,
            "values": input_field(values, f"Values of the new {content_type.name}."),
        },
        payload=draft_payload(content_type.name),
        run=run,
        prepare=rendering(content_type),
        argument_path=argument_path,
    )


def _update(content_type: type[ContentType], values: str) -> Mutation:
    argument_path = in_values_of(content_type)

    async def run(work: Work, inputs: InputValues) -> Saved:
        changes = changes_from(content_type, inputs["values"])
        base, locale = inputs["baseRevision"], inputs.get("locale")
        if inputs.get("isAutosave"):
            return await autosave_entry(
                work,
                inputs["entryId"],
                changes,
                base_revision=base,
                locale=locale,
                content_type=content_type.name,
            )
        return await update_entry(
            work,
            inputs["entryId"],
            changes,
            base_revision=base,
            locale=locale,
            note=inputs.get("note") or "",
            translated_from=inputs.get("translatedFrom"),
            content_type=content_type.name,
        )

    autosave = (
        f"Whether the {content_type.name} is saved automatically while its author is typing; "
        "such a revision replaces the author's last autosave."
    )
    source = (
        f"Id of the revision in another edition that the {content_type.name} translates now; "
        "default: unchanged."
    )
    return DraftMutation(
        name=f"update{content_type.name}",
        description=(
            f"Save a new revision of an entry of type {content_type.name}. "
            "Omitted values stay unchanged."
        ),
        inputs={
            **ENTRY_ID,
            **BASE,
            **NOTE,
            "is_autosave": input_field("bool | None", autosave),
            "translated_from": input_field("ID | None", source),
            "values": input_field(
                values, f"Changed values of the {content_type.name}; null empties a value."
            ),
        },
        payload=draft_payload(content_type.name),
        run=run,
        prepare=rendering(content_type),
        argument_path=argument_path,
    )


async def _move(work: Work, inputs: InputValues) -> JsonObject:
    return await _change(work, inputs, Changes(category=inputs.get("categoryId") or ""))


async def _tag(work: Work, inputs: InputValues) -> JsonObject:
    return await _change(work, inputs, Changes(tags=tuple(inputs["tags"])))


async def _change(work: Work, inputs: InputValues, changes: Changes) -> JsonObject:
    saved = await update_entry(
        work,
        inputs["entryId"],
        changes,
        base_revision=inputs["baseRevision"],
        locale=inputs.get("locale"),
    )
    return {"revision": saved.revision.id}


async def _restore(work: Work, inputs: InputValues) -> JsonObject:
    saved = await restore_revision(
        work,
        inputs["entryId"],
        inputs["revisionId"],
        base_revision=inputs["baseRevision"],
        locale=inputs.get("locale"),
    )
    return {"revision": saved.revision.id}


async def _prune(work: Work, inputs: InputValues) -> JsonObject:
    pruned = await prune_autosaves(
        work,
        inputs["entryId"],
        older_than=days(inputs["olderThanDays"]),
        locale=inputs.get("locale"),
    )
    return {"pruned": [each.id for each in pruned]}


MOVE = Mutation(
    name="moveEntry",
    description="Move an entry to another category, in a new revision.",
    inputs={
        **ENTRY_ID,
        **BASE,
        "category_id": input_field("ID | None", "Id of the new category; null for none."),
    },
    payload=ENTRY,
    run=_move,
)
TAG = Mutation(
    name="tagEntry",
    description="Replace the tags of an entry, in a new revision.",
    inputs={
        **ENTRY_ID,
        **BASE,
        "tags": input_field("list[str]", "Tags of the new revision: words, in any order."),
    },
    payload=ENTRY,
    run=_tag,
)
RESTORE = Mutation(
    name="restoreRevision",
    description="Save the content of an earlier revision as a new revision.",
    inputs={**ENTRY_ID, **BASE, "revision_id": input_field("ID", "Id of the revision to restore.")},
    payload=ENTRY,
    run=_restore,
)
PRUNE = Mutation(
    name="pruneAutosaves",
    description="Delete old autosaves that neither publications nor reviews nor authorship need.",
    inputs={
        **ENTRY_ID,
        "older_than_days": input_field("int", "Minimum age of the deleted autosaves, in days."),
    },
    payload={
        "pruned": value(
            "list[ID] | None",
            json_member("pruned"),
            "Ids of the deleted revisions; null if it was refused.",
        )
    },
    run=_prune,
)
