"""The arguments that questions share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.links.asking import GraphReading
from cms.links.graph import Layer, LinkGraph


async def graph_of(reading: GraphReading, inputs: Mapping[str, Any]) -> LinkGraph:
    """Return the graph with the layers and kinds that a client asks for."""
    layers = inputs.get("layers")
    wanted = (Layer.CONTENT,) if layers is None else [Layer[each.upper()] for each in layers]
    return await reading.graph(wanted, inputs.get("kinds"))
