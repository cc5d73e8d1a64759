"""Categories, tags and people."""

from __future__ import annotations

from cms.commands import change_category, create_category, create_person, create_tag
from cms.content.canonical_json import JsonObject
from cms.work.work import Work
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.mutation import Mutation, input_field
from graphql_api.schema.management.mutations.payloads import CATEGORY, PERSON, TAG


async def _create_category(work: Work, inputs: InputValues) -> JsonObject:
    category = await create_category(
        work,
        inputs["name"],
        parent_id=inputs.get("parentId"),
        slug=inputs.get("slug") or "",
        description=inputs.get("description") or "",
    )
    return {"category": category.id}


async def _change_category(work: Work, inputs: InputValues) -> JsonObject:
    # For a parent, null is a value: the category becomes a root.
    parent = (inputs["parentId"] or "") if "parentId" in inputs else None
    category = await change_category(
        work,
        inputs["categoryId"],
        name=inputs.get("name"),
        slug=inputs.get("slug"),
        description=inputs.get("description"),
        parent_id=parent,
        ordinal=inputs.get("position", 0) - 1 if inputs.get("position") else None,
    )
    return {"category": category.id}


async def _create_tag(work: Work, inputs: InputValues) -> JsonObject:
    return {"tag": (await create_tag(work, inputs["name"], slug=inputs.get("slug") or "")).id}


async def _create_person(work: Work, inputs: InputValues) -> JsonObject:
    person = await create_person(
        work,
        inputs["name"],
        slug=inputs.get("slug") or "",
        bio=inputs.get("bio") or "",
        profiles=[dict(link) for link in inputs.get("profiles") or ()],
    )
    return {"person": person.id}


_NAMED = {
    "name": input_field("str", "What readers see."),
    "slug": input_field("str | None", "Its word in paths; made of the name if left out."),
}

# The fields of the input for where else to find a person.
PERSON_PROFILE_INPUT = {
    "label": input_field("str", "What it is called."),
    "url": input_field("str", "Where it is."),
}

TAXONOMY_MUTATIONS = (
    Mutation(
        name="createCategory",
        description="Create a category, last among its siblings.",
        inputs={
            **_NAMED,
            "parent_id": input_field("ID | None", "The category it goes under."),
            "description": input_field("str | None", "One or two sentences for readers."),
        },
        payload=CATEGORY,
        run=_create_category,
    ),
    Mutation(
        name="changeCategory",
        description="Rename or move a category; the paths of all below it follow.",
        inputs={
            "category_id": input_field("ID", "The category. What is left out stays as it is."),
            "name": input_field("str | None", "What readers see."),
            "slug": input_field("str | None", "Its word in paths."),
            "parent_id": input_field(
                "ID | None", "The category it goes under; null makes it a root."
            ),
            "description": input_field("str | None", "One or two sentences for readers."),
            "position": input_field("int | None", "Its place among its siblings, from 1."),
        },
        payload=CATEGORY,
        run=_change_category,
    ),
    Mutation(
        name="createTag",
        description="Create a tag.",
        inputs=_NAMED,
        payload=TAG,
        run=_create_tag,
    ),
    Mutation(
        name="createPerson",
        description="Create a public byline.",
        inputs={
            **_NAMED,
            "bio": input_field("str | None", "Who that is."),
            "profiles": input_field("list[PersonProfileInput] | None", "Where else to find them."),
        },
        payload=PERSON,
        run=_create_person,
    ),
)
