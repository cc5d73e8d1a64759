"""A drawing of entries in rings around one, the same at each question.

The ring of an entry is its distance from the middle. On a ring the entries are in the order of the
places of their neighbours further in, so that few lines cross. Two entries are about 1 apart or
more.
"""

from __future__ import annotations

from cmath import phase, rect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import pi, sin, tau

from cms.links.graph import Indexes


def ring_layout(
    rings: Sequence[Indexes], lines: Iterable[tuple[int, int]]
) -> Mapping[int, complex]:
    """Return the place of each entry: to the right and, as the imaginary part, up.

    Args:
        rings: the entries of each ring, from the middle, which is one entry.
        lines: pairs of entries that are drawn with a line between them.
    """
    beside: dict[int, set[int]] = defaultdict(set)
    for one, other in lines:
        beside[one].add(other)
        beside[other].add(one)
    places: dict[int, complex] = {}
    radius = 0.0
    for distance, ring in enumerate(rings):
        angles = {node: _angle(beside[node], places) for node in ring.tolist()}
        radius = max(radius + 1, _least_radius(len(ring))) if distance else 0.0
        ordered = sorted(angles, key=lambda each: (angles[each], each))
        step = tau / len(ring)
        # The ring is turned so that the entries are, on the mean, where their neighbours are.
        turn = phase(sum((rect(1, angles[n] - at * step) for at, n in enumerate(ordered)), 0j))
        places |= {node: rect(radius, turn + at * step) for at, node in enumerate(ordered)}
    return places


def _angle(neighbors: Iterable[int], places: Mapping[int, complex]) -> float:
    """Return the direction from the middle to the neighbours that have a place, from 0 to 2 pi."""
    towards = sum((places[each] for each in sorted(neighbors) if each in places), 0j)
    return phase(towards) % tau


def _least_radius(nodes: int) -> float:
    """Return the radius of a ring on which neighbours are 1 apart."""
    return 0.5 / sin(pi / nodes) if nodes > 1 else 0.0
