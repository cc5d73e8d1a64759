"""The questions for the history of the link graph: differences, moves, series and periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entry, part_list, part_object
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question
from graphql_api.schema.declaring.words import part_text, part_word

# The most points of a series.
MOST_POINTS = 400
# The work of reading a long history, in the unit of :mod:`graphql_api.planner.cost`.
_WORK = 100_000
# That of reading all links, for each public edition.
_OF_HISTORY = 3


class LinkGraphPage:
    """Entry in the link graph, as readers saw it at a moment."""

    entry_id = part("ID", "id", "Id of the page or other entry.")
    title = part("str", "title", "Title at that moment.")
    path = part("str | None", "path", "Path at that moment; null for an entry without a page.")
    entry = part_entry("id", "The entry in the view of the query; null if that does not show it.")


class LinkCause:
    """Change of what is public that brought or took a page or a link."""

    kind = part("LinkCauseKind", "kind", "Kind of the change.")
    at = part("DateTime", "at", "When readers first saw it.")
    position = replace(
        graph_position()["position"], description="Position at which readers first saw it."
    )


class LinkGraphPageChange:
    """Page that readers see at one of two moments alone."""

    change = part("LinkGraphChange", "change", "Direction of the change.")
    changed_page = part_object(
        "LinkGraphPage", "page", "The page at the moment at which it is there."
    )
    cause = part_object("LinkCause", "cause", "Last change of it between the moments.")


class LinkGraphLinkChange:
    """Links of one kind between two ends, of which readers see more at one of two moments."""

    change = part("LinkGraphChange", "change", "Direction of the change: more links, or fewer.")
    source_page = part_object("LinkGraphPage", "source", "Entry that has the links.")
    target_page = part_object(
        "LinkGraphPage | None", "target", "Entry that the links lead to; null for a URL."
    )
    url = part("str | None", "url", "URL that the links lead to; null for an entry.")
    kind = part_word(
        "LinkKind", "kind", "Kind of the links: the part that the target plays for the source."
    )
    kind_name = part_text("str", "kind", "kind")
    layer = part_word("LinkLayer", "layer", "Layer of the graph with the links.")
    count = part("int", "count", "Number of links more or fewer.")
    cause = part_object("LinkCause", "cause", "Last change of them between the moments.")


class LinkGraphDiff:
    """Difference of the link graph between two moments."""

    position = graph_position()["position"]
    added_pages = part("int", "addedPages", "Number of pages at the later moment alone.")
    removed_pages = part("int", "removedPages", "Number of pages at the earlier moment alone.")
    added_links = part("int", "addedLinks", "Number of links at the later moment alone.")
    removed_links = part("int", "removedLinks", "Number of links at the earlier moment alone.")
    page_changes = part_list(
        "LinkGraphPageChange", "pages", "Changes of pages, the last one first.", most=LARGEST_SIZE
    )
    link_changes = part_list(
        "LinkGraphLinkChange",
        "links",
        "Changes of links to entries and URLs, the last one first.",
        most=LARGEST_SIZE,
    )


class LinkMetricMove:
    """Page whose metric has moved between two moments, at both of which it is public."""

    entry = part_entry("entry", "The page; null if the view does not show it.")
    before = part("float", "before", "Metric at the earlier moment.")
    after = part("float", "after", "Metric at the later moment.")


class LinkMetricMoves:
    """Pages whose metric moved most between two moments."""

    position = graph_position()["position"]
    nodes = part_list(
        "LinkMetricMove", "moves", "Pages, the largest move first.", most=LARGEST_SIZE
    )


class LinkSeriesPoint:
    """Metric at the end of a day, a week or a month, or at the end of the series."""

    begins = part("DateTime", "begins", "Begin of the day, week or month, in UTC.")
    metric = part("float | None", "metric", "Metric; null where there is nothing to measure.")


class LinkSeries:
    """Metric of the link graph over time."""

    position = graph_position()["position"]
    points = part_list(
        "LinkSeriesPoint", "points", "Points in the order of time.", most=MOST_POINTS
    )


class LinkPeriod:
    """Period in which readers saw at least one of some links."""

    begun = part_object("LinkCause", "begun", "Change that brought the links.")
    ended = part_object(
        "LinkCause | None", "ended", "Change that took the links; null if they are there."
    )


class LinkPeriods:
    """Periods in which readers saw links, up to the moment of the view."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of all periods.")
    nodes = part_list("LinkPeriod", "periods", "Periods, the newest first.", most=LARGEST_SIZE)


def page_of_list(items: str) -> tuple[Argument, Argument]:
    """Return the arguments for a part of a list that is found as a whole."""
    return (
        Argument(
            "first",
            "int | None",
            f"Number of {items} to return: at most {LARGEST_SIZE}, which is the default.",
        ),
        Argument("skip", "int | None", f"Number of {items} that come before them; default: 0."),
    )


# The arguments that name links by their ends.
END_ARGUMENTS = (
    Argument("source", "ID", "Id of the entry that has the links."),
    Argument("to", "LinkEnd", "Target of the links: an entry or a URL."),
    Argument(
        "kinds",
        "list[LinkKind] | None",
        "Kinds of the links; default: those of the view's `linkSet`.",
    ),
)
_FROM = Argument("from", "LinkGraphMoment", "Earlier moment.")
_TO = Argument(
    "to",
    "LinkGraphMoment | None",
    "Later moment, a time or a position as `from` is; by default that of the view.",
)

HISTORY_TYPES = (
    LinkGraphPage,
    LinkCause,
    LinkGraphPageChange,
    LinkGraphLinkChange,
    LinkGraphDiff,
    LinkMetricMove,
    LinkMetricMoves,
    LinkSeriesPoint,
    LinkSeries,
    LinkPeriod,
    LinkPeriods,
)

# The input types, of which each has exactly one of its fields.
HISTORY_INPUTS: Mapping[str, tuple[str, Mapping[str, Declared]]] = {
    "LinkGraphMoment": (
        "Moment of the past: exactly one of the fields.",
        {
            "as_of": Declared("DateTime | None", None, "Time."),
            "position": Declared("SitePosition | None", None, "Position of the site."),
        },
    ),
    "LinkEnd": (
        "Target of links: exactly one of the fields.",
        {
            "entry": Declared("ID | None", None, "Id of an entry."),
            "url": Declared("str | None", None, "URL, as it was written."),
        },
    ),
}

# The enums, each with its description and its values.
HISTORY_CHOICES: Mapping[str, tuple[str, Sequence[str]]] = {
    "LinkGraphChange": (
        "Whether something is there at the later of two moments, or at the earlier one.",
        ("ADDED", "REMOVED"),
    ),
    "LinkCauseKind": (
        (
            "Kind of a change: a revision of the entry with the link was published, or it was "
            "unpublished, perhaps in the locale that the view prefers; or its target was."
        ),
        ("SOURCE_PUBLISHED", "SOURCE_UNPUBLISHED", "TARGET_PUBLISHED", "TARGET_UNPUBLISHED"),
    ),
    "LinkMovingMetric": (
        (
            "Metric of a page: its links, the pages that these come from or lead to, PageRank, "
            "and the clicks from the navigation and the home page."
        ),
        ("IN_DEGREE", "IN_PAGES", "OUT_DEGREE", "OUT_PAGES", "PAGE_RANK", "CLICK_DEPTH"),
    ),
    "LinkSeriesMetric": (
        (
            "Metric of one page, of the pages of a category, or of all: of several, the sum of "
            "theirs, but the mean of their click depths, and the number of components."
        ),
        (
            *("PAGES", "IN_DEGREE", "IN_PAGES", "OUT_DEGREE", "OUT_PAGES", "PAGE_RANK"),
            *("CLICK_DEPTH", "ORPHANS", "DEAD_ENDS", "COMPONENTS"),
        ),
    ),
    "LinkSeriesStep": (
        "Time between the points of a series, in UTC. Weeks begin on Mondays.",
        ("DAY", "WEEK", "MONTH"),
    ),
}

HISTORY_FIELDS: Mapping[str, Declared] = {
    "link_graph_diff": question(
        "LinkGraphDiff | None",
        "linkGraphDiff",
        "Difference of the public link graph between two moments: its pages, and its links to "
        "entries and URLs. The taxonomy has none.",
        (_FROM, _TO, *GRAPH_ARGUMENTS, *page_of_list("pages and of links")),
        _WORK,
    ),
    "link_metric_moves": question(
        "LinkMetricMoves | None",
        "linkMetricMoves",
        "Pages whose metric has moved most between two moments.",
        (
            Argument("metric", "LinkMovingMetric", "Property of a page that has moved."),
            *(_FROM, _TO, *GRAPH_ARGUMENTS),
            page_of_list("pages")[0],
        ),
        2 * _WORK,
        2 * _OF_HISTORY,
    ),
    "link_series": question(
        "LinkSeries | None",
        "linkSeries",
        "Metric of the public link graph by day, week or month.",
        (
            Argument(
                "of",
                "ID | None",
                "Id of a page, or of a category for the pages in it, without those below; default: "
                "all pages.",
            ),
            Argument("metric", "LinkSeriesMetric", "Property to follow over time."),
            Argument("from", "DateTime", "Time in the first day, week or month."),
            Argument("to", "DateTime | None", "Time of the last point; default: now."),
            Argument(
                "by", "LinkSeriesStep", "Time between the points, of which there are at most 400."
            ),
            *GRAPH_ARGUMENTS,
        ),
        2 * _WORK,
        _OF_HISTORY,
    ),
    "link_periods": question(
        "LinkPeriods | None",
        "linkPeriods",
        "Periods in which readers saw links from an entry to another one, or to a URL.",
        (*END_ARGUMENTS, *page_of_list("periods")),
    ),
}
