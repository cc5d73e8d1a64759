"""Mutations that publish, unpublish and redirect, and their dry runs."""

from __future__ import annotations

from cms.commands import (
    break_glass_publish,
    create_redirect,
    preview_publish,
    preview_unpublish,
    publish_entry,
    publish_together,
    remove_redirect,
    unpublish_entry,
)
from cms.content.canonical_json import JsonObject
from cms.errors import Refused
from cms.publishing.publish_impact import Impact
from cms.work.work import Work
from graphql_api.planner.declarations import Call, EachOf, Rows
from graphql_api.planner.json_sql import element_text
from graphql_api.planner.source import Columns
from graphql_api.schema.declaring.fields import Declared, of_call
from graphql_api.schema.declaring.json_parts import ids_under, part_object
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.errors import refusal
from graphql_api.schema.management.impact import impact_json
from graphql_api.schema.management.mutations.drafts import ENTRY_ID, LOCALE
from graphql_api.schema.management.mutations.mutation import Mutation, in_input, input_field
from graphql_api.schema.management.mutations.payloads import ENTRY, PUBLICATION, REDIRECT
from graphql_api.schema.management.publications import publication_rows

_IMPACT = {
    "impact": part_object(
        "PublishImpact | None",
        "impact",
        "Changes that {mutation} would make, with `dryRun`; otherwise null.",
    ),
}
_DRY_RUN = {
    "dry_run": input_field(
        "bool | None", "Whether only to return the impact of {mutation}, without changing anything."
    ),
}
_REVISION = {
    "revision_id": input_field("ID", "Id of the revision to publish; not necessarily the newest.")
}


async def _publish(work: Work, inputs: InputValues) -> JsonObject:
    entry_id, revision_id, locale = inputs["entryId"], inputs["revisionId"], inputs.get("locale")
    if inputs.get("dryRun"):
        impact = await preview_publish(work, entry_id, revision_id=revision_id, locale=locale)
        return {**_impact_answer(impact), "revision": revision_id}
    publication = await publish_entry(work, entry_id, revision_id=revision_id, locale=locale)
    return {"publication": publication.id, "revision": publication.revision_id}


async def _publish_together(work: Work, inputs: InputValues) -> JsonObject:
    chosen = {each["entryId"]: each["revisionId"] for each in inputs["entries"]}
    published = await publish_together(work, chosen, locale=inputs.get("locale"))
    return {"publications": [each.id for each in published]}


async def _break_glass(work: Work, inputs: InputValues) -> JsonObject:
    publication = await break_glass_publish(
        work,
        inputs["entryId"],
        revision_id=inputs["revisionId"],
        reason=inputs["reason"],
        locale=inputs.get("locale"),
    )
    return {"publication": publication.id, "revision": publication.revision_id}


async def _unpublish(work: Work, inputs: InputValues) -> JsonObject:
    if inputs.get("dryRun"):
        impact = await preview_unpublish(work, inputs["entryId"], locale=inputs.get("locale"))
        return _impact_answer(impact)
    publication = await unpublish_entry(work, inputs["entryId"], locale=inputs.get("locale"))
    return {"publication": publication.id, "revision": publication.revision_id}


async def _create_redirect(work: Work, inputs: InputValues) -> JsonObject:
    redirect = await create_redirect(
        work, inputs["path"], inputs["to"], locale=inputs.get("locale")
    )
    return {"redirect": redirect.id}


async def _remove_redirect(work: Work, inputs: InputValues) -> JsonObject:
    redirect = await remove_redirect(work, inputs["path"], locale=inputs.get("locale"))
    return {"redirect": redirect.id}


def _impact_answer(impact: Impact) -> JsonObject:
    return {**refusal(Refused(*impact.errors), in_input), "impact": impact_json(impact)}


def _publication(element: Columns, _: Call) -> tuple[Rows, ...]:
    return (publication_rows(lambda row: row.id == element_text(element)),)


def _publications() -> Declared:
    return Declared(
        "list[EntryPublication | None]",
        EachOf(of_call(ids_under("publications")), of_call(_publication)),
        "Publications that began; empty if there were errors.",
    )


# The fields of the input for an entry and its revision to publish.
CHOSEN_INPUT = {"entry_id": input_field("ID", "Id of the entry to publish."), **_REVISION}

PUBLISH_MUTATIONS = (
    Mutation(
        name="publishEntry",
        description="Publish a revision; if any gate fails, refused with the errors of all.",
        inputs={**ENTRY_ID, **_REVISION, **_DRY_RUN},
        payload={**PUBLICATION, **ENTRY, **_IMPACT},
        run=_publish,
    ),
    Mutation(
        name="publishTogether",
        description="Publish revisions of several entries at once, such as ones with mutual links.",
        inputs={
            "entries": input_field(
                "list[ChosenRevision]", "Entries to publish, each with its revision."
            ),
            **LOCALE,
        },
        payload={"publications": _publications()},
        run=_publish_together,
    ),
    Mutation(
        name="breakGlassPublish",
        description="Publish a revision despite missing sign-offs. Readers can see the reason.",
        inputs={
            **ENTRY_ID,
            **_REVISION,
            "reason": input_field(
                "str", "Reason why the publication cannot wait for a reviewer; public."
            ),
        },
        payload={**PUBLICATION, **ENTRY},
        run=_break_glass,
    ),
    Mutation(
        name="unpublishEntry",
        description="End the publication of an edition; readers no longer see it.",
        inputs={**ENTRY_ID, **_DRY_RUN},
        payload={**PUBLICATION, **ENTRY, **_IMPACT},
        run=_unpublish,
    ),
    Mutation(
        name="createRedirect",
        description="Redirect a path where no page is to an entry, a path or another site.",
        inputs={
            "path": input_field("str", "URL path to redirect, in any spelling."),
            "to": input_field(
                "str",
                "Id or address of an entry, a path that the frontend serves, or a URL on another "
                "site.",
            ),
            **LOCALE,
        },
        payload=REDIRECT,
        run=_create_redirect,
    ),
    Mutation(
        name="removeRedirect",
        description="Remove a redirect; then the path is what it was before.",
        inputs={
            "path": input_field("str", "URL path of the redirect, in any spelling."),
            **LOCALE,
        },
        payload=REDIRECT,
        run=_remove_redirect,
    ),
)
