"""Mutations of categories and people."""

from __future__ import annotations

from cms.commands import change_category, create_category, create_person
from cms.content.canonical_json import JsonObject
from cms.work.work import Work
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.mutation import Mutation, input_field
from graphql_api.schema.management.mutations.payloads import CATEGORY, PERSON


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
    # Null for the parent makes the category a root; omitted, the parent stays.
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


async def _create_person(work: Work, inputs: InputValues) -> JsonObject:
    person = await create_person(
        work,
        inputs["name"],
        slug=inputs.get("slug") or "",
        bio=inputs.get("bio") or "",
        profiles=[dict(link) for link in inputs.get("profiles") or ()],
    )
    return {"person": person.id}


_NAME_AND_SLUG = {
    "name": input_field("str", "Name that readers see, set by {mutation}."),
    "slug": input_field("str | None", "URL slug; default: derived from the name."),
}

# The fields of the input for a profile of a person on another site.
PERSON_PROFILE_INPUT = {
    "label": input_field("str", "Name of the profile's site."),
    "url": input_field("str", "URL of the profile."),
}

TAXONOMY_MUTATIONS = (
    Mutation(
        name="createCategory",
        description="Create a category, as the last of its siblings.",
        inputs={
            **_NAME_AND_SLUG,
            "parent_id": input_field(
                "ID | None", "Id of the parent category; default: none, a root."
            ),
            "description": input_field(
                "str | None", "Description of the category for readers, one or two sentences."
            ),
        },
        payload=CATEGORY,
        run=_create_category,
    ),
    Mutation(
        name="changeCategory",
        description="Rename or move a category. The paths of its descendants change accordingly. "
        "Omitted values stay unchanged.",
        inputs={
            "category_id": input_field("ID", "Id of the category to change."),
            "name": input_field("str | None", "New name that readers see."),
            "slug": input_field("str | None", "New URL slug."),
            "parent_id": input_field(
                "ID | None", "Id of the new parent category; null makes the category a root."
            ),
            "description": input_field(
                "str | None", "Description of the category for readers, one or two sentences."
            ),
            "position": input_field("int | None", "Position among the siblings, from 1."),
        },
        payload=CATEGORY,
        run=_change_category,
    ),
    Mutation(
        name="createPerson",
        description="Create a person, whose name readers see as a byline.",
        inputs={
            **_NAME_AND_SLUG,
            "bio": input_field("str | None", "Biography of the person for readers."),
            "profiles": input_field(
                "list[PersonProfileInput] | None", "Profiles of the person on other sites."
            ),
        },
        payload=PERSON,
        run=_create_person,
    ),
)
