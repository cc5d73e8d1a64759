"""The size of a plan's statement, and its estimated work for the database.

Both are known before the statement is made. The work is counted in units of about a microsecond on
a machine of 2026. The formula belongs to the plan, the figure to a request: the variables determine
the sizes of pages, and the site the lengths of lists. The weights were measured on 100,000 entries
with 600,000 links, on SQLite and PostgreSQL; ``python -m bench.hostile`` measures them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import reduce
from typing import TypeAlias

from cms.reading.site_size import SiteSize
from cms.reading.view import Perspective, View
from graphql_api.planner.arguments import Argument, Arguments, Given, Known, Variables
from graphql_api.planner.declarations import (
    Answer,
    Answers,
    Connection,
    EachOf,
    Extent,
    Many,
    Matches,
    One,
    OneOf,
    Part,
    SeenValue,
    Through,
    Value,
)
from graphql_api.planner.emptiness import without_empty
from graphql_api.planner.filter_cost import SEEN, Conditions, conditions_of
from graphql_api.planner.ordering import ViewKind, is_indexed, kind_of, order_size
from graphql_api.planner.paging import paging_of
from graphql_api.planner.plan import Body, Case, Plan, PlannedField, Typename, likeness

_Varying: TypeAlias = Callable[[Variables, SiteSize], float]

# The assumed length of a list without pages, such as an entry's links or a category's ancestors.
_LIST_SIZE = 10
_A_FEW = Extent()

# The number of parts of a statement for a field or a condition.
_VALUE_PARTS, _CONDITION_PARTS, _OBJECT_PARTS, _LIST_PARTS, _PAGE_PARTS = 1, 3, 4, 6, 12
_KEY_PARTS = 3

# The work for one row: to find, sort, count and aggregate it, and to make a value of it.
_ROW, _ORDER, _COUNTED, _SUMMED, _VALUE = 3, 4, 0.7, 6, 1
_SKIPPED = 1.5
# The work for one row, of which the values are counted ahead.
_AHEAD = 0.02
# The work for each filtered row, beside that of the conditions, unless an index has all of them.
_FILTERED = 4
# Where an index finds rows, so many are looked at for a page; see :mod:`graphql_api.planner.page`.
_FEW = 5_000
# A list in the order of an index ends with its page, mostly long before all rows have been read.
_STOPPED = 8
# The work for each of the rows of the object that has most, which are counted.
_OF_HUB = 4
# The work for a row of another relation, for highlights.
_OTHER, _HIGHLIGHT = 10, 3_000
# Reading the links of another view than the plain one, for each public edition: a fraction of the
# time that it takes, since few are read at once.
_OF_VIEW = 3
# How many copies of a piece of SQL take the time to make one: to write, to read and to keep them.
_COPIES_LIKE_ONE = 10


@dataclass(frozen=True)
class Workload:
    """An amount of work, as far as it is known before there is a request.

    Attributes:
        fixed: the work that is the same for every request.
        varying: the work that depends on variables and on the site, with factors.
        once: the work that only one of many objects makes: that with most of a site's links.
    """

    fixed: float = 0
    varying: tuple[tuple[float, _Varying], ...] = ()
    once: tuple[_Varying, ...] = ()

    def of(self, variables: Variables, size: SiteSize) -> float:
        """Return the work for a request with these variables."""
        return self.of_each(variables, size) + sum(of(variables, size) for of in self.once)

    def of_each(self, variables: Variables, size: SiteSize) -> float:
        """Return the work for each of many objects."""
        return self.fixed + sum(times * of(variables, size) for times, of in self.varying)

    def plus(self, other: Workload) -> Workload:
        """Return the sum of two workloads."""
        varying = self.varying + other.varying
        return Workload(self.fixed + other.fixed, varying, self.once + other.once)

    def times(self, count: float) -> Workload:
        """Return a multiple of the workload."""
        varying = tuple((each * count, of) for each, of in self.varying)
        return Workload(self.fixed * count, varying, self.once)


@dataclass(frozen=True)
class Measure:
    """The size of a statement, or of a piece of one.

    Attributes:
        made: the number of pieces of SQL, weighed by the time to make them.
        filters: the number of conditions in filters.
        work: the work for the database.
        copied: the number of pieces that are copies of what another type has. Each nested list
            of entries of any type multiplies them.
    """

    made: int = 0
    filters: int = 0
    work: Workload = Workload()
    copied: int = 0

    @property
    def parts(self) -> int:
        """The number of pieces of SQL, of which copies are less work."""
        return self.made + self.copied // _COPIES_LIKE_ONE

    def cost(self, variables: Variables, size: SiteSize) -> int:
        """Return the work for a request with these variables."""
        return round(self.work.of(variables, size))

    def around(self, parts: int, work: Workload) -> Measure:
        """Return the measure with further pieces of SQL, and with other work."""
        return replace(self, made=self.made + parts, work=work)


def measure(plan: Plan, view: View) -> Measure:
    """Return the size of a plan's statement, each fragment counted as often as it is spread.

    Args:
        plan: the plan.
        view: the view that it is seen through.
    """
    if plan.through is None:
        return _Meter(kind_of(view), is_plain=view.is_plain).body(plan.root)
    arguments = plan.through.arguments
    is_plain = view.is_plain and _keeps_plain(arguments)
    return _Meter(_kind_of(arguments), is_plain=is_plain).body(plan.root)


def _kind_of(arguments: Arguments) -> ViewKind:
    """Return what the view with some arguments shows."""
    perspective = arguments.get("perspective")
    chosen = perspective.value if isinstance(perspective, Known) else None
    if getattr(chosen, "value", chosen) is Perspective.DRAFT:
        return "drafts"
    is_past = any(isinstance(arguments.get(each), Given) for each in ("asOf", "position"))
    return "past" if is_past else "now"


def _keeps_plain(arguments: Arguments) -> bool:
    """Return whether a view with some arguments is as plain as that around it."""
    return arguments.keys() <= {"linkSet"}


class _Meter:
    """Measures bodies, each only once, however many fields share it."""

    def __init__(self, kind: ViewKind, *, is_plain: bool) -> None:
        self._kind: ViewKind = kind
        self._is_plain = is_plain
        self._bodies: dict[int, Measure] = {}

    def body(self, body: Body | None) -> Measure:
        if body is None:
            return Measure()
        if id(body) not in self._bodies:
            self._bodies[id(body)] = self._one_of(body.cases)
        return self._bodies[id(body)]

    def _one_of(self, cases: Sequence[Case]) -> Measure:
        """Return the measure of an object of one of several types: the most work of them.

        The SQL of a field that several types share is made once.
        """
        measured = {likeness(field): self._field(field) for case in cases for field in case.fields}
        measures = [_together(measured[likeness(each)] for each in case.fields) for case in cases]
        if len(measures) == 1:
            return measures[0]
        works = [each.work for each in measures]
        largest = Workload(max((each.fixed for each in works), default=0))
        if any(each.varying for each in works):
            largest = Workload(0, ((1, lambda *at: max(each.of_each(*at) for each in works)),))
        largest = replace(largest, once=tuple(of for each in works for of in each.once))
        once = _together(measured.values())
        written = sum(each.made + each.copied for each in measures)
        return Measure(once.made, once.filters, largest, written - once.made)

    def _meter_of(self, field: PlannedField) -> _Meter:
        """Return the meter of what is selected on a field, which can be in another view."""
        if not isinstance(field.declaration, Through):
            return self
        is_plain = self._is_plain and _keeps_plain(field.arguments)
        return _Meter(_kind_of(field.arguments), is_plain=is_plain)

    def _field(self, field: PlannedField | Typename) -> Measure:
        if isinstance(field, Typename):
            return _constant(_VALUE_PARTS, _VALUE)
        inner = self._meter_of(field).body(field.body)
        match field.declaration:
            case Connection():
                return self._connection(field, field.declaration, inner)
            case EachOf():
                return _each(field, inner, field.declaration)
            case Answer() | Answers():
                return self._answer(field, inner, field.declaration)
            case Many(most=most):
                return _around(inner, _LIST_PARTS, _OTHER, most or _LIST_SIZE)
            case One(work=work):
                return _around(inner, _OBJECT_PARTS, work)
            case OneOf(relations=relations):
                return _around(inner, _OBJECT_PARTS * relations, _OTHER * relations)
            case SeenValue(parts=parts):
                return _constant(parts, SEEN)
            case Value(work=work):
                return _constant(_VALUE_PARTS, work)
            case Part(name="highlight"):
                return _around(inner, _OBJECT_PARTS, _HIGHLIGHT)
            case _ if field.body is None:  # of a connection
                return _constant(_VALUE_PARTS, _VALUE)
            case _:
                return _around(inner, _VALUE_PARTS, 0)

    def _answer(self, field: PlannedField, inner: Measure, declared: Answer | Answers) -> Measure:
        """Return the measure of a selection on what Python computes."""
        if isinstance(declared, Answers):
            answer = _answers(field, inner, declared)
        else:
            answer = _around(inner, _OBJECT_PARTS, declared.work)
        is_read = declared.of_view and not self._is_plain
        of_each = declared.of_each + (_OF_VIEW if is_read else 0)
        if not of_each:
            return answer

        def of_site(_: Variables, size: SiteSize) -> float:
            return size.editions * of_each

        work = replace(answer.work, once=(*answer.work.once, of_site))
        return replace(answer, work=work)

    def _connection(self, field: PlannedField, declared: Connection, inner: Measure) -> Measure:
        where = conditions_of(
            without_empty(field.arguments.get("where")),
            self._kind,
            of_all=declared.extent is not None,
        )
        if self._kind == "preview":  # the index does not have the previewed revision
            where = replace(where, narrows=1, is_found=False)
        keys = order_size(field.arguments.get("orderBy"))
        paging = paging_of(field.arguments, field.node, declared.largest)
        extent = (declared.plain_extent if self._is_plain else None) or declared.extent
        search = field.arguments.get("search")
        is_whole = self._is_plain and not where.count and not isinstance(search, Given)
        sweeps = _Sweeps.of(field, extent or _A_FEW, where, self._kind, is_whole=is_whole)

        def work(variables: Variables, size: SiteSize) -> float:
            found = _matches(declared, search, variables, size)
            every = _rows(extent, size)
            rows = every * min(found.share, 1 / where.narrows)
            skipped = paging.skip(variables) if paging.skip is not None else 0
            page: float = paging.size(variables) * (_ROW + inner.work.of_each(variables, size))
            searched = every * (found.work * sweeps.count + _work_of_page(found, sweeps, keys))
            own = declared.work(field.arguments, variables, size) if declared.work else 0
            swept = sweeps.read(rows, where) * sweeps.work_of_page() + rows * sweeps.work_of_sums()
            return _OTHER + own + page + searched + min(skipped, rows) * _SKIPPED + swept

        def of_hub(_: Variables, size: SiteSize) -> float:
            return size.editions * declared.share_of_hub * _OF_HUB * reads

        times = sweeps.count + 1
        is_sorted_or_filtered = bool(sweeps.has_page and (keys or where.count))
        reads = sweeps.count + is_sorted_or_filtered
        hub = (of_hub,) if declared.share_of_hub and reads else ()
        return Measure(
            made=_PAGE_PARTS
            + inner.made
            + times * _CONDITION_PARTS * where.count
            + sweeps.sums * _LIST_PARTS
            + _order_parts(keys, field.arguments),
            filters=inner.filters + where.count,
            work=Workload(0, ((1, work),), (*inner.work.once, *hub)),
            copied=inner.copied,
        )


@dataclass(frozen=True)
class _Sweeps:
    """The times that a connection goes through all its rows.

    Attributes:
        count: the number of times, without the page.
        sums: the number of times for sums.
        shares: the number of times, with a part for each time that only some rows are read.
        summed: the work of counts and sums for each row, without filters.
        ordered: the work of sorting for each row; 0 where an index has the order.
        filtered: the work of the filter for each row.
        has_page: whether the page is selected.
    """

    count: int
    sums: int
    shares: float
    summed: float
    ordered: float
    filtered: float
    has_page: bool

    @staticmethod
    def of(
        field: PlannedField,
        extent: Extent,
        where: Conditions,
        kind: ViewKind,
        *,
        is_whole: bool,
    ) -> _Sweeps:
        own = field.body.cases[0].fields if field.body is not None else ()
        fields = [each for each in own if isinstance(each, PlannedField)]
        counts = sum(each.name == "totalCount" for each in fields)
        weights = [
            each
            for field in fields
            for each in _weights(field, kind, is_whole=extent.is_whole and is_whole)
        ]
        sums = len(weights)
        is_ordered = extent.is_ordered and is_indexed(field.arguments.get("orderBy"), kind)
        keys = max(1, order_size(field.arguments.get("orderBy")))
        return _Sweeps(
            counts + sums,
            sums,
            counts + sum(each.share for each in weights),
            counts * _COUNTED + sum(each.work * each.share for each in weights),
            0 if is_ordered else _ORDER * keys,
            extent.work + where.work + (_FILTERED if where.is_read else 0),
            has_page=any(each.name in {"nodes", "edges", "pageInfo"} for each in fields),
        )

    def read(self, rows: float, where: Conditions) -> float:
        """Return the number of rows that are read for the page."""
        if self.ordered or where.is_rare:
            return rows
        if not where.count:  # those of the page, which is counted by itself
            return 0
        return min(rows, _FEW) if where.is_found else rows / _STOPPED

    def work_of_page(self) -> float:
        """Return the work of finding the page, for each row."""
        return self.ordered + self.filtered if self.has_page else 0

    def work_of_sums(self) -> float:
        """Return the work of counts and sums for each row."""
        return self.summed + self.shares * self.filtered


@dataclass(frozen=True)
class _Weight:
    """A sum over the rows of a connection.

    Attributes:
        work: the work for each row that is read for it.
        share: the share of all rows that are.
    """

    work: float
    share: float = 1


def _weights(field: PlannedField, kind: ViewKind, *, is_whole: bool) -> Sequence[_Weight]:
    """Return the sums over all rows that a field of a connection needs."""
    match field.declaration:
        case Many():
            fields = field.arguments.get("fields", field.arguments.get("field"))
            chosen = fields if isinstance(fields, tuple) else (fields,)
            members = {_name(each) for each in chosen}
            return [_weight(each, kind, is_whole=is_whole) for each in members]
        case One():  # an aggregate, for which rows are read once
            leaves = _leaves(field.body)
            return [_Weight(_SUMMED + leaves)] if leaves else ()
        case _:
            return ()


def _weight(member: object, kind: ViewKind, *, is_whole: bool) -> _Weight:
    """Return the sum that the declaration of an enum's value states."""
    declared = member.value if isinstance(member, Enum) else None
    if is_whole and getattr(declared, "counts", None) is not None:
        return _Weight(_AHEAD)
    if kind == "now" and getattr(declared, "listed", None) is not None:
        return _Weight(getattr(declared, "work_listed", _SUMMED))
    # An index over what is public has them alone.
    share = getattr(declared, "share", 1) if kind in {"now", "past"} else 1
    work_now = getattr(declared, "work_now", 0) if kind == "now" else 0
    return _Weight(work_now or getattr(declared, "work", _SUMMED), share)


def _name(argument: Argument) -> object:
    return argument.value if isinstance(argument, Known) else argument


def _order_parts(keys: int, arguments: Arguments) -> int:
    """Return the parts of an order: of each key, and with a cursor of each pair of keys."""
    is_ranged = "after" in arguments or "before" in arguments
    return keys * _KEY_PARTS + (keys * keys if is_ranged else 0)


def _each(field: PlannedField, inner: Measure, declared: EachOf) -> Measure:
    """Return the measure of a selection on each object that an argument names."""
    ids, relations = field.arguments.get("ids"), declared.relations
    if not isinstance(ids, Given):
        return _around(inner, _LIST_PARTS * relations, _OTHER, declared.most or _LIST_SIZE)
    read = ids.read

    def work(variables: Variables, size: SiteSize) -> float:
        return len(read(variables)) * (_OTHER * relations + inner.work.of_each(variables, size))

    return inner.around(_LIST_PARTS * relations, Workload(0, ((1, work),), inner.work.once))


def _answers(field: PlannedField, inner: Measure, declared: Answers) -> Measure:
    """Return the measure of a selection on each object that Python computes."""
    own, most = _OTHER + declared.work, declared.most
    if most is None:
        return _around(inner, _LIST_PARTS, own, _LIST_SIZE)
    first = field.arguments.get("first")
    if not isinstance(first, Given):
        return _around(inner, _LIST_PARTS, own, most)
    read = first.read

    def work(variables: Variables, size: SiteSize) -> float:
        # A size that no page has is refused by the function that computes it.
        count: int = min(max(read(variables), 0), most)
        return own + count * inner.work.of_each(variables, size)

    return inner.around(_LIST_PARTS, Workload(0, ((1, work),), inner.work.once))


def _leaves(body: Body | None) -> int:
    fields = [each for case in (body.cases if body else ()) for each in case.fields]
    return sum(
        1 if each.body is None else _leaves(each.body)
        for each in fields
        if isinstance(each, PlannedField)
    )


def _rows(extent: Extent | None, size: SiteSize) -> float:
    """Return the assumed number of rows of a connection."""
    if extent is None:
        return _LIST_SIZE
    if extent.content_type is not None:
        return size.entries.get(extent.content_type, 0) * extent.share
    return size.editions * extent.share


def _work_of_page(found: Matches, sweeps: _Sweeps, keys: int) -> float:
    """Return the work of finding a page of what matches a search, for each of all rows."""
    if not sweeps.has_page:
        return 0
    if sweeps.ordered:
        return found.work
    return found.ordered_work if keys else found.best_work


def _matches(
    declared: Connection, search: Argument, variables: Variables, size: SiteSize
) -> Matches:
    if declared.matches is None or not isinstance(search, Given):
        return Matches()
    return declared.matches(search.read(variables), size)


def _constant(parts: int, work: float) -> Measure:
    return Measure(parts, 0, Workload(work))


def _around(inner: Measure, parts: int, work: float, times: int = 1) -> Measure:
    """Return the measure of a field and of its selection, taken a number of times."""
    total = inner.work.times(times).plus(Workload(work))
    return inner.around(parts, total)


def _together(measures: Iterable[Measure]) -> Measure:
    """Return the sum of the measures of several fields."""
    found = list(measures)
    return Measure(
        sum(each.made for each in found),
        sum(each.filters for each in found),
        reduce(Workload.plus, (each.work for each in found), Workload()),
        sum(each.copied for each in found),
    )
