"""Mutations of many entries: one transaction, and a result for each entry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from cms.commands import (
    create_entries,
    publish_entries,
    request_reviews,
    save_entries,
    sign_off_entries,
    unpublish_entries,
)
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.snapshot import Changes
from cms.drafts.entries import CreateItem
from cms.drafts.saving import SaveItem, TagChanges
from cms.errors import Refused
from cms.publishing.publishing import PublishItem
from cms.publishing.unpublishing import UnpublishItem
from cms.review.reviews import ReviewItem
from cms.review.sign_offs import SignOffItem
from cms.work.bulk import MOST_ENTRIES, Mode, NoneDone, Outcome
from cms.work.work import Work
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.json_parts import part, part_list
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import part_text, part_word
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.errors import PathMapping, error_list, refusal
from graphql_api.schema.management.mutations.drafts import NOTE, saved_json
from graphql_api.schema.management.mutations.mutation import (
    Mutation,
    describe,
    in_input,
    input_field,
)
from graphql_api.schema.management.mutations.payloads import (
    ENTRY,
    PUBLICATION,
    REVIEW,
    SIGN_OFF,
    draft_payload,
)
from graphql_api.schema.management.mutations.reviews import (
    DIGEST,
    REVIEW_REQUEST_INPUT,
    SIGN_OFF_NOTE,
    STAGE,
)
from graphql_api.schema.management.mutations.values import (
    changes_from,
    draft_from,
    in_values_of,
    rendering,
)

_PLACE = {
    "entry_id": input_field("ID", "Id of an entry among those of {mutation}; each edition once."),
    "locale": input_field(
        "Locale | None",
        "Locale of an edition among those of {mutation}; default: the site's first locale.",
    ),
}
_BASE = {
    "base_revision": input_field(
        "ID", "Id of the revision from which {mutation} starts; refused if a newer one exists."
    ),
}
_MODE = {
    "mode": input_field(
        "BulkMode | None",
        "Whether {mutation} refuses all entries if it refuses one, or each by itself; "
        "default: `ALL`.",
    )
}
_ENTRY_ID = {"entry_id": part("ID", "entryId", "Id of the entry, as in the input of {mutation}.")}
_NEW_ENTRY_ID = {
    "entry_id": part(
        "ID | None", "entryId", "Id of the entry that {mutation} created; null if it was refused."
    )
}
_OUTCOME = {
    "locale": part_word(
        "Locale", "locale", "Locale of the edition that {mutation} wrote or refused."
    ),
    "locale_name": part_text("str", "locale", "locale"),
    "errors": error_list("Reasons why {mutation} refused the entry; empty if it did not."),
}

# Returns what the fields of results refer to, for items that were not refused, in order, given what
# was done for each, what maps a path in each to one in the arguments, and the names of the selected
# fields.
Answers: TypeAlias = Callable[
    [Work, Sequence[Any], Sequence[PathMapping], Collection[str] | None],
    Awaitable[Sequence[JsonObject]],
]


@dataclass(frozen=True, kw_only=True)
class BulkMutation(Mutation):
    """A mutation of many entries: ``run`` returns the outcomes of a command.

    Attributes:
        item: the fields of each entry in the input, beside its place; ``inputs`` are those beside
            the entries.
        result: the fields of each result, beside the place and the errors.
        answers: returns what they refer to.
        item_path: maps a path in an item of the command to one in the input.
        place: the fields of each entry in the input that say which edition it is about.
        identity: the field of each result with the id of the entry.
    """

    run: Callable[[Work, InputValues], Awaitable[Sequence[Outcome[Any]]]]  # type: ignore[assignment]  # `answer` makes JSON of it
    item: Mapping[str, Declared]
    result: Mapping[str, Declared]
    answers: Answers
    item_path: PathMapping = in_input
    place: Mapping[str, Declared] = field(default_factory=lambda: _PLACE)
    identity: Mapping[str, Declared] = field(default_factory=lambda: _ENTRY_ID)

    def declare(self, registry: TypeRegistry) -> Declared:
        """Add the types of items and results too, and return the field of the mutation type."""
        title = self.name[:1].upper() + self.name[1:]
        registry.add_input(
            f"{title}Item",
            f"Entry among those of `{self.name}`.",
            describe(self.name, {**self.place, **self.item}),
        )
        described = {"__doc__": f"Result of `{self.name}` for one entry."}
        registry.add_object(
            type(f"{title}Result", (), described),
            **describe(self.name, {**self.identity, **_OUTCOME, **self.result}),
        )
        complete = replace(
            self,
            inputs={**_entries(f"{title}Item"), **_MODE, **self.inputs},
            payload=_results(f"{title}Result"),
            argument_path=self.path_of,
        )
        return super(BulkMutation, complete).declare(registry)

    async def answer(
        self, work: Work, inputs: InputValues, selected: Collection[str] | None
    ) -> JsonObject:
        """Run the command, and return its outcomes as JSON."""
        try:
            outcomes = await self.run(work, inputs)
        except NoneDone as refused:
            results = self._answers(work, refused.outcomes, {})
            return {**refusal(refused, self.path_of, work.site), "results": results}
        done = {index: each for index, each in enumerate(outcomes) if each.result is not None}
        found = await self.answers(
            work,
            [each.result for each in done.values()],
            [self._path_in(each) for each in done],
            selected,
        )
        return {"results": self._answers(work, outcomes, dict(zip(done, found, strict=True)))}

    def _answers(
        self, work: Work, outcomes: Sequence[Outcome[Any]], found: Mapping[int, JsonObject]
    ) -> list[Json]:
        return [
            {
                "entryId": each.entry_id,
                "locale": each.locale,
                **refusal(Refused(*each.errors), self._path_in(index), work.site),
                **found.get(index, {}),
            }
            for index, each in enumerate(outcomes)
        ]

    def path_of(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Return the path in the arguments for a path in the command's input."""
        match path:
            case ("entries", int(index), *rest):
                return self._path_in(index)(tuple(rest))
            case _:
                return in_input(path)

    def _path_in(self, index: int) -> PathMapping:
        """Return what maps a path in an item to one in the arguments."""
        return lambda path: (*in_input(("entries", index)), *self.item_path(path)[1:])


def _entries(type_: str) -> Mapping[str, Declared]:
    description = f"Entries of {{mutation}}, at most {MOST_ENTRIES:,}."
    return {"entries": input_field(f"list[{type_}]", description)}


def _results(type_: str) -> Mapping[str, Declared]:
    description = "Results of {mutation}, one for each entry, in the order of the input."
    return {"results": part_list(type_, "results", description)}


def _mode(inputs: InputValues) -> Mode:
    return inputs.get("mode") or "all"


def bulk_mutations(content_types: Iterable[type[ContentType]]) -> Iterator[BulkMutation]:
    """Yield the mutations of many entries."""
    for content_type in content_types:
        if not content_type.singleton:
            if not content_type.is_built_in():
                yield _create(content_type)
            yield _update(content_type)
    yield from (_TAG, _MOVE, _REQUEST, _SIGN_OFF, _PUBLISH, _UNPUBLISH)


def _create(content_type: type[ContentType]) -> BulkMutation:
    name = content_type.name

    async def run(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
        items = [
            CreateItem(
                content_type=name,
                draft=draft_from(content_type, each["values"]),
                locale=each.get("locale"),
            )
            for each in inputs["entries"]
        ]
        note = inputs.get("note") or ""
        return await create_entries(work, items, mode=_mode(inputs), note=note)

    locale = (
        f"Locale of the new {name} among those of {{mutation}}; default: the site's first locale."
    )
    return BulkMutation(
        name=f"create{content_type.plural}",
        description=(
            f"Create many entries of type {name}. A title is sufficient for a draft. "
            "They can link to each other by the addresses at which they will stand."
        ),
        place={"locale": input_field("Locale | None", locale)},
        item={"values": input_field(f"{name}Values", f"Values of a new {name} of {{mutation}}.")},
        inputs=NOTE,
        identity=_NEW_ENTRY_ID,
        result=draft_payload(name),
        run=run,
        prepare=rendering(content_type),
        answers=saved_json,
        item_path=in_values_of(content_type),
    )


def _update(content_type: type[ContentType]) -> BulkMutation:
    name, plural = content_type.name, content_type.plural

    async def run(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
        items = [
            SaveItem(
                entry_id=each["entryId"],
                base_revision=each["baseRevision"],
                values=changes_from(content_type, each["values"]),
                locale=each.get("locale"),
                content_type=name,
                translated_from=each.get("translatedFrom"),
            )
            for each in inputs["entries"]
        ]
        note = inputs.get("note") or ""
        return await save_entries(work, items, mode=_mode(inputs), note=note)

    source = (
        f"Id of the revision in another edition that this {name} translates now; "
        "default: unchanged."
    )
    return BulkMutation(
        name=f"update{plural}",
        description=(
            f"Save a new revision of each of many entries of type {name}. "
            "Omitted values stay unchanged."
        ),
        item={
            **_BASE,
            "translated_from": input_field("ID | None", source),
            "values": input_field(
                f"{name}Values", f"Changed values of this {name}; null empties a value."
            ),
        },
        inputs=NOTE,
        result=draft_payload(name),
        run=run,
        prepare=rendering(content_type),
        answers=saved_json,
        item_path=in_values_of(content_type),
    )


async def _tag(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
    changes = TagChanges(
        add=tuple(inputs.get("addTags") or ()), remove=tuple(inputs.get("removeTags") or ())
    )
    note = inputs.get("note") or ""
    return await save_entries(work, _items(inputs, changes), mode=_mode(inputs), note=note)


async def _move(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
    changes = Changes(category=inputs.get("categoryId") or "")
    note = inputs.get("note") or ""
    return await save_entries(work, _items(inputs, changes), mode=_mode(inputs), note=note)


def _items(inputs: InputValues, values: Changes | TagChanges) -> list[SaveItem]:
    return [
        SaveItem(
            entry_id=each["entryId"],
            base_revision=each["baseRevision"],
            values=values,
            locale=each.get("locale"),
        )
        for each in inputs["entries"]
    ]


async def _request(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
    items = [
        ReviewItem(
            entry_id=each["entryId"],
            base_revision=each["baseRevision"],
            locale=each.get("locale"),
        )
        for each in inputs["entries"]
    ]
    return await request_reviews(
        work,
        items,
        mode=_mode(inputs),
        note=inputs.get("note") or "",
        assignees=inputs.get("assigneeIds") or (),
        due_at=inputs.get("dueAt"),
    )


async def _sign(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
    items = [
        SignOffItem(
            entry_id=each["entryId"],
            digest=each["digest"],
            stage=each.get("stage"),
            locale=each.get("locale"),
        )
        for each in inputs["entries"]
    ]
    note = inputs.get("note") or ""
    return await sign_off_entries(work, items, mode=_mode(inputs), note=note)


async def _publish(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
    items = [
        PublishItem(
            entry_id=each["entryId"], revision_id=each["revisionId"], locale=each.get("locale")
        )
        for each in inputs["entries"]
    ]
    return await publish_entries(work, items, mode=_mode(inputs))


async def _unpublish(work: Work, inputs: InputValues) -> Sequence[Outcome[Any]]:
    items = [
        UnpublishItem(entry_id=each["entryId"], locale=each.get("locale"))
        for each in inputs["entries"]
    ]
    reason = inputs.get("reason") or ""
    return await unpublish_entries(work, items, mode=_mode(inputs), reason=reason)


def _ids(**keys: Callable[[Any], str]) -> Answers:
    """Return the function that answers with ids of what was done."""

    async def answers(_: Work, results: Sequence[Any], *__: object) -> Sequence[JsonObject]:
        return [{key: id_of(each) for key, id_of in keys.items()} for each in results]

    return answers


_REVISION_OF_SAVE = _ids(revision=lambda saved: saved.revision.id)
_OF_PUBLICATION = _ids(publication=lambda each: each.id, revision=lambda each: each.revision_id)

_TAG = BulkMutation(
    name="tagEntries",
    description="Add tags to many entries and remove others, in a new revision of each.",
    item=_BASE,
    inputs={
        "add_tags": input_field("list[str] | None", "Words to add to the tags of each entry."),
        "remove_tags": input_field(
            "list[str] | None", "Words to remove, in any spelling with the same slug."
        ),
        **NOTE,
    },
    result=ENTRY,
    run=_tag,
    answers=_REVISION_OF_SAVE,
)
_MOVE = BulkMutation(
    name="moveEntries",
    description="Move many entries to another category, in a new revision of each.",
    item=_BASE,
    inputs={
        "category_id": input_field("ID | None", "Id of their new category; null for none."),
        **NOTE,
    },
    result=ENTRY,
    run=_move,
    answers=_REVISION_OF_SAVE,
)
_REQUEST = BulkMutation(
    name="requestReviews",
    description="Request a review of each of many editions.",
    item=_BASE,
    inputs=REVIEW_REQUEST_INPUT,
    result={**REVIEW, **ENTRY},
    run=_request,
    answers=_ids(review=lambda each: each.id, revision=lambda each: each.revision_id),
)
_SIGN_OFF = BulkMutation(
    name="signOffEntries",
    description="Sign off many revisions, each with exactly its digest.",
    item={**DIGEST, **STAGE},
    inputs=SIGN_OFF_NOTE,
    result={**SIGN_OFF, **ENTRY},
    run=_sign,
    answers=_ids(signOff=lambda each: each.id, revision=lambda each: each.revision_id),
)
_PUBLISH = BulkMutation(
    name="publishEntries",
    description=(
        "Publish many revisions together. With `EACH`, those whose gates pass are published; "
        "an entry that needs another one, which is refused, is refused too."
    ),
    item={
        "revision_id": input_field(
            "ID", "Id of the revision of this entry to publish; not necessarily the newest."
        )
    },
    inputs={},
    result={**PUBLICATION, **ENTRY},
    run=_publish,
    answers=_OF_PUBLICATION,
)
_UNPUBLISH = BulkMutation(
    name="unpublishEntries",
    description="End the publications of many editions together.",
    item={},
    inputs={
        "reason": input_field("str | None", "Reason for the audit record, not shown to readers.")
    },
    result={**PUBLICATION, **ENTRY},
    run=_unpublish,
    answers=_OF_PUBLICATION,
)
