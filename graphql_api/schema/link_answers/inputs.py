"""The arguments that questions share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from cms.errors import InvalidValue, Refused
from cms.links.asking import GraphReading
from cms.links.graph import Layer, LinkGraph
from cms.links.metrics import PageGraph, pages_of
from cms.links.traversal import of_subjects

# The layers and the kinds of links that count; ``None`` for all kinds.
Choice: TypeAlias = tuple[tuple[Layer, ...], tuple[str, ...] | None]

_DEFAULT: Choice = ((Layer.CONTENT,), None)


async def graph_of(reading: GraphReading, inputs: Mapping[str, Any]) -> LinkGraph:
    """Return the graph with the layers and kinds that a client asks for."""
    return await reading.graph(*choice_of(inputs))


def choice_of(inputs: Mapping[str, Any]) -> Choice:
    """Return the layers and kinds that a client asks for, in order; ``None`` for all kinds."""
    layers, kinds = inputs.get("layers"), inputs.get("kinds")
    wanted = ("content",) if layers is None else layers
    return (
        tuple(sorted({Layer[each.upper()] for each in wanted})),
        None if kinds is None else tuple(sorted(set(kinds))),
    )


async def subjects_of(reading: GraphReading, inputs: Mapping[str, Any]) -> LinkGraph:
    """Return the same graph with the links between entries of which questions speak."""
    choice = choice_of(inputs)
    whole = await reading.graphs.graph(reading.reading, reading.view)
    return await reading.graphs.run(subjects_in, whole, choice)


def subjects_in(whole: LinkGraph, choice: Choice) -> LinkGraph:
    """Return the chosen links of a graph between entries of which questions speak."""
    return whole.of_pages if choice == _DEFAULT else of_subjects(whole.only(*choice))


async def page_graph_of(reading: GraphReading, inputs: Mapping[str, Any]) -> tuple[int, PageGraph]:
    """Return the position of the graph, and its pages with the links between them."""
    graph = await subjects_of(reading, inputs)
    return graph.position, await reading.graphs.run(pages_of, graph)


def number_of(
    inputs: Mapping[str, Any], name: str, most: int, default: int | None = None, least: int = 0
) -> int:
    """Return a number that a client gives.

    Args:
        inputs: the arguments of the client.
        name: the name of the number.
        most: the largest.
        default: the number if the client gives none; ``None`` for the largest.
        least: the smallest.

    Raises:
        Refused: if the number is too large or too small.
    """
    number = inputs.get(name)
    if number is None:
        return most if default is None else default
    if not least <= number <= most:
        message = f"{name} is {number}; it can be from {least} to {most}"
        raise Refused(InvalidValue(message=message, path=(name,)))
    return int(number)
