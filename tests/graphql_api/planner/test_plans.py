"""Golden cases: a query, its plan, and its SQL on both databases. See tests/plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite import dialect as sqlite

from cms.reading.view import View
from graphql_api.http.documents import Documents
from graphql_api.http.limits import Limits
from graphql_api.planner.build import build_plan
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.plan import Plan
from graphql_api.planner.selection import Selections
from tests.snapshots import check_snapshot

FOLDER = Path(__file__).parents[2] / "plans"
CASES = sorted(each.name for each in FOLDER.iterdir())
DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite(paramstyle="qmark"),
    "postgresql": postgresql(),  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
}


def plan_of(schema: GraphQLSchema, query: str, raw: dict[str, Any]) -> Plan:
    operation = Documents(schema, Limits()).examine(query).get().operation(None)
    shapes = dict(operation.coerce(raw).shapes)
    selections = Selections(schema, operation.fragments, shapes)
    return build_plan(selections, operation.root, operation.node)


@pytest.mark.parametrize("case", CASES)
def test_a_query_has_this_plan_and_this_sql(schema: GraphQLSchema, case: str) -> None:
    folder = FOLDER / case
    variables = folder / "variables.json"
    raw = json.loads(variables.read_text()) if variables.exists() else {}
    plan = plan_of(schema, (folder / "query.graphql").read_text(), raw)
    check_snapshot(folder / "plan.txt", f"{plan}\n")
    for name, dialect in DIALECTS.items():
        statement = compile_plan(plan, View(("en",)), dialect)
        check_snapshot(folder / f"{name}.sql", f"{statement.sql}\n")


def test_the_same_plan_is_the_same_sql(schema: GraphQLSchema) -> None:
    query = (FOLDER / "page" / "query.graphql").read_text()
    raw = json.loads((FOLDER / "page" / "variables.json").read_text())
    for dialect in DIALECTS.values():
        statements = {
            compile_plan(plan_of(schema, query, raw), View(("en",)), dialect).sql for _ in range(3)
        }
        assert len(statements) == 1
