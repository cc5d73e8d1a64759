"""The arguments that questions share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cms.links.asking import GraphReading
from cms.links.graph import Layer, LinkGraph


async def graph_of(reading: GraphReading, inputs: Mapping[str, Any]) -> LinkGraph:
    """Return the graph with the layers and kinds that a client asks for."""
    return await reading.graph(layers_of(inputs), kinds_of(inputs))


def layers_of(inputs: Mapping[str, Any]) -> Collection[Layer]:
    """Return the layers whose links count."""
    layers = inputs.get("layers")
    return (Layer.CONTENT,) if layers is None else [Layer[each.upper()] for each in layers]


def kinds_of(inputs: Mapping[str, Any]) -> Collection[str] | None:
    """Return the kinds of the links that count; ``None`` for all."""
    return inputs.get("kinds")
