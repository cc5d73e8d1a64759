"""Positions among the arguments of a query."""

from __future__ import annotations

from sqlalchemy import BigInteger

from cms.reading.positions import has_position
from cms.storage.dialects import Key
from graphql_api.planner.arguments import Given
from graphql_api.planner.declarations import Call
from graphql_api.planner.source import Sql


def bind_position(call: Call, token: Given) -> Sql:
    """Return the number of a position as a parameter.

    The operation has no data if the database does not have the position.

    Args:
        call: the call with the position among its arguments.
        token: reads the position, a :class:`~cms.reading.positions.PositionToken`.
    """
    number = call.bind(Given(lambda variables: token.read(variables).number), BigInteger())
    nonce = call.bind(Given(lambda variables: token.read(variables).nonce), Key)
    call.require(has_position(number, nonce))
    return number
