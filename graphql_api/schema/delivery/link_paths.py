"""The question for paths from one entry to another."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entries, part_list
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question

# The most paths, and the most links of each.
MOST_PATHS, LONGEST_PATH = 20, 24


class LinkPath:
    """Way from one entry to another along links, which passes no entry twice."""

    length = part("int", "length", "Number of links.")
    entries = part_entries(
        "entries",
        "Entries from the first to the last; null in place of one that was unpublished since.",
        most=LONGEST_PATH + 1,
    )
    edges = part_list(
        "LinkGraphEdge", "edges", "Links from each entry to the next.", most=LONGEST_PATH
    )


class LinkPaths:
    """Ways from one entry to another along links."""

    position = graph_position()["position"]
    paths = part_list(
        "LinkPath",
        "paths",
        f"The paths, those with the fewest links first; none of more than {LONGEST_PATH} links.",
        most=MOST_PATHS,
    )
    is_cut_off = part("bool", "isCutOff", "Whether there may be more of them.")


PATHS_TYPES = (LinkPath, LinkPaths)
PATHS_FIELDS: Mapping[str, Declared] = {
    "link_paths": question(
        "LinkPaths | None",
        "linkPaths",
        "Paths from one entry to another; null if the view does not show one of the two.",
        (
            Argument("from", "ID", "Id of the entry at which the paths begin."),
            Argument("to", "ID", "Id of the entry at which they end."),
            Argument(
                "path_mode", "LinkPathMode | None", "Choice of paths; default `ALL_SHORTEST`."
            ),
            *GRAPH_ARGUMENTS,
            Argument(
                "first",
                "int | None",
                f"Number of paths to return: at most {MOST_PATHS}, which is the default.",
            ),
        ),
    )
}
