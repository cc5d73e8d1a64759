"""Questions about the link graph: root fields that Python answers, through any view.

A question is declared here by the name of its answer, which needs arrays: those who answer load
them for the first question, and not when a server starts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, cast

from cms.reading.positions import newest_position, position_token
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import LARGEST_SIZE, Answer, Answers, Call
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import (
    THIS_FIELD,
    THIS_TYPE,
    Argument,
    Declared,
    seen_value,
)

# The work of a question, in the unit of :mod:`graphql_api.planner.cost`, beside what it selects.
WORK = 50_000
# That of a question for which communities are found.
COMMUNITY_WORK = 6 * WORK

# The arguments of all questions that follow edges.
GRAPH_ARGUMENTS = (
    Argument(
        "layers",
        "list[LinkLayer] | None",
        f"Layers of the graph whose links count for `{THIS_FIELD}`; default: `CONTENT`.",
    ),
    Argument(
        "kinds",
        "list[LinkKind] | None",
        f"Kinds of links that count for `{THIS_FIELD}`; default: those of the view's `linkSet`.",
    ),
)


def question(
    type_: str,
    name: str,
    description: str,
    arguments: Sequence[Argument] = (),
    work: int = WORK,
    of_each: float = 0,
) -> Declared:
    """Declare a question with one object as its answer.

    Args:
        type_: the type of the answer.
        name: the name of the function among :data:`graphql_api.schema.link_answers.ANSWERS`.
        description: for the schema's readers.
        arguments: the arguments.
        work: the work of answering.
        of_each: the further work for each public edition.
    """
    plan = Answer(_run(name), of_view=True, work=work, of_each=of_each)
    return Declared(type_, plan, description, arguments)


def question_list(
    type_: str, name: str, description: str, arguments: Sequence[Argument] = (), work: int = WORK
) -> Declared:
    """Declare a question with a page of a list as its answer; see :func:`question`."""
    plan = Answers(_run(name), LARGEST_SIZE, of_view=True, work=work)
    return Declared(type_, plan, description, arguments)


def graph_position() -> dict[str, Declared]:
    """Declare the position that an answer is true for, under the key ``position``."""

    def number(row: Sql) -> Sql:
        return cast(JsonText(row, text("position")), BigInteger)

    def token(row: Sql, _: Call) -> Sql:
        return position_token(number(row))

    def behind(row: Sql, _: Call) -> Sql:
        return newest_position() - number(row)

    return {
        "position": seen_value(
            "SitePosition", token, f"Position that the `{THIS_TYPE}` is true for.", parts=2
        ),
        "behind": seen_value(
            "int",
            behind,
            "Number of positions since, in which readers got something else.",
            parts=2,
        ),
    }


def _run(name: str) -> Callable[..., Awaitable[Any]]:
    """Return what answers with the function of a name among those that it is given."""

    def run(answers: Mapping[str, Callable[..., Awaitable[Any]]], *given: Any) -> Awaitable[Any]:
        return answers[name](*given)

    return run
