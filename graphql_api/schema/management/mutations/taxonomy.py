"""The mutation that moves categories in the tree."""

from __future__ import annotations

from collections.abc import Sequence

from cms.commands import check_move_category, move_category
from cms.content.canonical_json import JsonObject
from cms.errors import Refused
from cms.publishing.addresses import Move
from cms.work.work import Work
from graphql_api.schema.declaring.json_parts import part, part_list
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.errors import refusal
from graphql_api.schema.management.mutations.mutation import Mutation, in_input, input_field
from graphql_api.schema.management.mutations.payloads import CATEGORY

# The most moves that are listed.
_MOST_MOVES = 100


class MovedPage:
    """Public page that moves with a category."""

    entry_id = part("ID", "entryId", "Id of the entry whose page moves.")
    locale_name = part("str", "locale", "Language tag of the edition that moves (BCP 47).")
    old_path = part("str | None", "oldPath", "URL path that the page leaves; null for none.")
    new_path = part("str | None", "newPath", "URL path that the page comes to; null for none.")


async def _move(work: Work, inputs: InputValues) -> JsonObject:
    # Null for the parent makes the category a root; omitted, the parent stays.
    parent = (inputs["parentId"] or "") if "parentId" in inputs else None
    category_id = inputs["categoryId"]
    if inputs.get("dryRun"):
        impact = await check_move_category(work, category_id, parent_id=parent)
        return {
            **refusal(Refused(*impact.errors), in_input, work.site),
            "treePath": impact.tree_path,
            **_moves_json(impact.moves),
        }
    position = inputs.get("position")
    moves = await move_category(
        work,
        category_id,
        parent_id=parent,
        ordinal=max(position - 1, 0) if position is not None else None,
    )
    return {"category": category_id, **_moves_json(moves)}


def _moves_json(moves: Sequence[Move]) -> JsonObject:
    first = sorted(moves, key=lambda each: (each.old_path or "", each.locale))[:_MOST_MOVES]
    return {
        "moveCount": len(moves),
        "moves": [
            {
                "entryId": each.entry_id,
                "locale": each.locale,
                "oldPath": each.old_path,
                "newPath": each.path,
            }
            for each in first
        ],
    }


MOVE_CATEGORY = Mutation(
    name="moveCategory",
    description="Move a category in the tree, with all below it. Public pages whose addresses name "
    "it move, and their former addresses lead to the new ones.",
    inputs={
        "category_id": input_field("ID", "Id of the category to move."),
        "parent_id": input_field(
            "ID | None",
            "Id of the new parent category; null makes the category a root; default: unchanged.",
        ),
        "position": input_field(
            "int | None",
            "Position among the siblings, from 1; default: unchanged, or the last below a new "
            "parent.",
        ),
        "dry_run": input_field(
            "bool | None",
            "Whether only to return the moves of pages, without changing anything.",
        ),
    },
    payload={
        **CATEGORY,
        "tree_path": part(
            "str | None",
            "treePath",
            "Tree path that the category would have, with `dryRun`; otherwise null.",
        ),
        "move_count": part(
            "int | None", "moveCount", "Number of public pages that move, or would move."
        ),
        "moves": part_list(
            "MovedPage", "moves", "Public pages that move, or would move: the first 100 by path."
        ),
    },
    run=_move,
)
