"""The validation rules for documents."""

from __future__ import annotations

from graphql import (
    GraphQLError,
    GraphQLInputType,
    ValueNode,
    ValuesOfCorrectTypeRule,
    specified_rules,
)
from graphql.language import VisitorAction


class PlacedValues(ValuesOfCorrectTypeRule):
    """The rule about values; its errors have the value's position instead of the value."""

    def is_valid_value_node(
        self, node: ValueNode, input_type: GraphQLInputType | None
    ) -> VisitorAction:
        """Check a value."""
        self._node = node
        return super().is_valid_value_node(node, input_type)

    def report_error(self, error: GraphQLError) -> None:
        """Report an error, at the value if it has no position of its own."""
        if not error.locations:
            cause = error.original_error
            error = GraphQLError(error.message, self._node, original_error=cause)
        super().report_error(error)


RULES = tuple(PlacedValues if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules)
