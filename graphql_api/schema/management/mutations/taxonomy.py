"""Categories, tags and people."""

from __future__ import annotations

from cms.commands import change_category, create_category, create_person, create_tag
from cms.content.canonical_json import JsonObject
from cms.work.work import Work
from graphql_api.schema.management.context import Given
from graphql_api.schema.management.mutations.mutation import Mutation, wanted
from graphql_api.schema.management.mutations.payloads import CATEGORY, PERSON, TAG


async def _create_category(work: Work, given: Given) -> JsonObject:
    category = await create_category(
        work,
        given["name"],
        parent_id=given.get("parentId"),
        slug=given.get("slug") or "",
        description=given.get("description") or "",
    )
    return {"category": category.id}


async def _change_category(work: Work, given: Given) -> JsonObject:
    # For a parent, null is a value: the category becomes a root.
    parent = (given["parentId"] or "") if "parentId" in given else None
    category = await change_category(
        work,
        given["categoryId"],
        name=given.get("name"),
        slug=given.get("slug"),
        description=given.get("description"),
        parent_id=parent,
        ordinal=given.get("position", 0) - 1 if given.get("position") else None,
    )
    return {"category": category.id}


async def _create_tag(work: Work, given: Given) -> JsonObject:
    return {"tag": (await create_tag(work, given["name"], slug=given.get("slug") or "")).id}


async def _create_person(work: Work, given: Given) -> JsonObject:
    person = await create_person(
        work,
        given["name"],
        slug=given.get("slug") or "",
        bio=given.get("bio") or "",
        profiles=[dict(link) for link in given.get("profiles") or ()],
    )
    return {"person": person.id}


_NAMED = {
    "name": wanted("str", "What readers see."),
    "slug": wanted("str | None", "Its word in paths; made of the name if left out."),
}

# The fields of the input for where else to find a person.
PERSON_PROFILE_INPUT = {
    "label": wanted("str", "What it is called."),
    "url": wanted("str", "Where it is."),
}

TAXONOMY_MUTATIONS = (
    Mutation(
        name="createCategory",
        description="Create a category, last among its siblings.",
        inputs={
            **_NAMED,
            "parent_id": wanted("ID | None", "The category it goes under."),
            "description": wanted("str | None", "One or two sentences for readers."),
        },
        payload=CATEGORY,
        run=_create_category,
    ),
    Mutation(
        name="changeCategory",
        description="Rename or move a category; the paths of all below it follow.",
        inputs={
            "category_id": wanted("ID", "The category. What is left out stays as it is."),
            "name": wanted("str | None", "What readers see."),
            "slug": wanted("str | None", "Its word in paths."),
            "parent_id": wanted("ID | None", "The category it goes under; null makes it a root."),
            "description": wanted("str | None", "One or two sentences for readers."),
            "position": wanted("int | None", "Its place among its siblings, from 1."),
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
            "bio": wanted("str | None", "Who that is."),
            "profiles": wanted("list[PersonProfileInput] | None", "Where else to find them."),
        },
        payload=PERSON,
        run=_create_person,
    ),
)
