"""Groups of pages, such as connected parts of the graph and communities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cms.links.graph import Indexes


def clusters(
    labels: NDArray[np.integer[Any]], linked: NDArray[np.integer[Any]]
) -> Sequence[Indexes]:
    """Return the pages of each group, the largest group first.

    Args:
        labels: for each page, the label of its group.
        linked: for each page, the number of others that link to it; in a group, those with the
            most come first.
    """
    if not len(labels):
        return []
    nodes = np.lexsort((np.arange(len(labels)), -linked, labels)).astype(np.int32)
    groups = np.split(nodes, np.flatnonzero(np.diff(labels[nodes])) + 1)
    return sorted(groups, key=lambda each: (-len(each), int(each.min())))
