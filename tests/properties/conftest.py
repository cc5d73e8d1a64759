"""The same content answered by the planner and by the reference, for properties of both."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from sqlalchemy import Integer, literal_column

from cms.links.refreshing import refresh_metrics
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner import page_rows
from tests.conftest import KINDS, Templates
from tests.properties.content import NO_LIMITS, fill
from tests.properties.queries import Query
from tests.reference import Reference
from tests.schemas import delivery_schema_of
from tests.sites import SITE


@dataclass
class Both:
    """The same data, twice answered."""

    runner: asyncio.Runner
    delivery: Delivery
    reference: Reference

    def planned(self, query: Query) -> Any:
        """Return what the planner answers."""
        request = GraphQLRequest(query.source, None, query.variables)
        return orjson.loads(self.runner.run(self.delivery.answer(request)).body)


@pytest.fixture(scope="module", params=[*itertools.product(KINDS, ("few", "many"))], ids="-".join)
def both(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Both]:
    """A database with content of every kind, and the reference over the same rows.

    Of few rows, pages are looked up and sorted; of many, they are read in the order of the list.
    """
    kind, amount = request.param
    few = page_rows._FEW if amount == "few" else literal_column("2", Integer())
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        url = runner.run(templates.copy(kind))
        patch.setattr(page_rows, "_FEW", few)
        database = templates.open(url)
        runner.run(fill(database))
        runner.run(refresh_metrics(database, SITE))
        delivery = Delivery(SITE, delivery_schema_of(SITE), database.reader, NO_LIMITS)
        yield Both(runner, delivery, runner.run(Reference.load(database, SITE)))
        runner.run(database.close())
        runner.run(templates.drop(url))
