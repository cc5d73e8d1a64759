"""The size of a plan's statement, and its estimated work for the database.

Both are known before the statement is made. The work is counted in units of about a microsecond on
a machine of 2026. The formula belongs to the plan, the figure to a request: the variables determine
the sizes of pages, and the site the lengths of lists. The weights were measured on 100,000 entries
with 600,000 links, on SQLite and PostgreSQL; ``python -m bench.hostile`` measures them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from graphql_api.planner.arguments import Argument, Arguments, Given, Input, Known, Variables
from graphql_api.planner.declarations import (
    PLANNED,
    Answers,
    Connection,
    EachOf,
    Extent,
    Inside,
    Many,
    One,
    OneOf,
    Part,
    SeenValue,
    Value,
)
from graphql_api.planner.emptiness import without_empty
from graphql_api.planner.filters import Compare, CompareSeen, Inner, Test, ToMany, ToOne
from graphql_api.planner.ordering import order_size
from graphql_api.planner.paging import paging_of
from graphql_api.planner.plan import Body, Plan, PlannedField, Typename

# The number of public entries of each content type.
Entries: TypeAlias = Mapping[str, int]
_Varying: TypeAlias = Callable[[Variables, Entries], float]

# The assumed length of a list without pages, such as an entry's links or a category's ancestors.
_LIST_SIZE = 10
_A_FEW = Extent()

# The number of parts of a statement for a field or a condition.
_VALUE_PARTS, _CONDITION_PARTS, _OBJECT_PARTS, _LIST_PARTS, _PAGE_PARTS = 1, 3, 4, 6, 12
_KEY_PARTS = 3

# The work for one row: to find, sort, count and aggregate it, and to make a value of it.
_ROW, _ORDER, _COUNTED, _SUMMED, _VALUE = 3, 4, 0.7, 6, 1
_SKIPPED = 1.5
# The work for each filtered row: a constant, and for each condition.
_FILTERED, _CONDITION = 4, 1
# The work for a value that reads other rows, for a row of another relation, for highlights.
_SEEN, _OTHER, _HIGHLIGHT = 100, 10, 3_000


@dataclass(frozen=True)
class Workload:
    """An amount of work, as far as it is known before there is a request.

    Attributes:
        fixed: the work that is the same for every request.
        varying: the work that depends on variables and on the site, with factors.
    """

    fixed: float = 0
    varying: tuple[tuple[float, _Varying], ...] = ()

    def of(self, variables: Variables, entries: Entries) -> float:
        """Return the work for a request with these variables."""
        return self.fixed + sum(times * of(variables, entries) for times, of in self.varying)

    def plus(self, other: Workload) -> Workload:
        """Return the sum of two workloads."""
        return Workload(self.fixed + other.fixed, self.varying + other.varying)

    def times(self, count: float) -> Workload:
        """Return a multiple of the workload."""
        return Workload(self.fixed * count, tuple((each * count, of) for each, of in self.varying))


@dataclass(frozen=True)
class Measure:
    """The size of a statement, or of a piece of one.

    Attributes:
        parts: the number of pieces of SQL, weighed by the time to make them.
        filters: the number of conditions in filters.
        work: the work for the database.
    """

    parts: int = 0
    filters: int = 0
    work: Workload = Workload()

    def cost(self, variables: Variables, entries: Entries) -> int:
        """Return the work for a request with these variables."""
        return round(self.work.of(variables, entries))


@dataclass(frozen=True)
class _Conditions:
    """The cost of a filter.

    Attributes:
        count: the number of conditions.
        work: the work of all conditions for each row.
        narrows: an index leaves one row of this many.
    """

    count: int = 0
    work: float = 0
    narrows: float = 1

    def plus(self, other: _Conditions) -> _Conditions:
        """Return the conjunction of two filters."""
        narrows = max(self.narrows, other.narrows)
        return _Conditions(self.count + other.count, self.work + other.work, narrows)


def measure(plan: Plan) -> Measure:
    """Return the size of a plan's statement, each fragment counted as often as it is spread."""
    return _Meter().body(plan.root)


class _Meter:
    """Measures bodies, each only once, however many fields share it."""

    def __init__(self) -> None:
        self._bodies: dict[int, Measure] = {}

    def body(self, body: Body | None) -> Measure:
        if body is None:
            return Measure()
        if id(body) not in self._bodies:
            cases = [_together(map(self._field, case.fields)) for case in body.cases]
            self._bodies[id(body)] = _one_of(cases)
        return self._bodies[id(body)]

    def _field(self, field: PlannedField | Typename) -> Measure:
        if isinstance(field, Typename):
            return _constant(_VALUE_PARTS, _VALUE)
        inner = self.body(field.body)
        match field.declaration:
            case Connection():
                return self._connection(field, field.declaration, inner)
            case EachOf(relations=relations):
                return _each(field, inner, relations)
            case Answers(most=int(most)):
                return _page_of_answers(field, inner, most)
            case Many() | Answers():
                return _around(inner, _LIST_PARTS, _OTHER, _LIST_SIZE)
            case One(work=work):
                return _around(inner, _OBJECT_PARTS, work)
            case OneOf(relations=relations):
                return _around(inner, _OBJECT_PARTS * relations, _OTHER * relations)
            case SeenValue(parts=parts):
                return _constant(parts, _SEEN)
            case Value(work=work):
                return _constant(_VALUE_PARTS, work)
            case Part(name="highlight"):
                return _around(inner, _OBJECT_PARTS, _HIGHLIGHT)
            case _ if field.body is None:  # of a connection
                return _constant(_VALUE_PARTS, _VALUE)
            case _:
                return _around(inner, _VALUE_PARTS, 0)

    def _connection(self, field: PlannedField, declared: Connection, inner: Measure) -> Measure:
        where = conditions_of(without_empty(field.arguments.get("where")))
        keys = order_size(field.arguments.get("orderBy"))
        paging = paging_of(field.arguments, field.node, declared.largest)
        sweeps = _Sweeps.of(field, declared.extent or _A_FEW, where)
        search = field.arguments.get("search")

        def work(variables: Variables, entries: Entries) -> float:
            rows = _rows(declared.extent, entries) / where.narrows
            effort = _effort(declared, search, variables)
            skipped = paging.skip(variables) if paging.skip is not None else 0
            page: float = paging.size(variables) * (_ROW + inner.work.of(variables, entries))
            return _OTHER + page + min(skipped, rows) * _SKIPPED + rows * sweeps.work(effort)

        times = sweeps.count + 1
        return Measure(
            parts=_PAGE_PARTS
            + inner.parts
            + times * _CONDITION_PARTS * where.count
            + sweeps.sums * _LIST_PARTS
            + _order_parts(keys, field.arguments),
            filters=inner.filters + where.count,
            work=Workload(0, ((1, work),)),
        )


@dataclass(frozen=True)
class _Sweeps:
    """The times that a connection goes through all its rows.

    Attributes:
        count: the number of times, without the page.
        sums: the number of times for sums.
        summed: the work of counts and sums for each row, without filters.
        ordered: the work of sorting for each row; 0 where an index has the order.
        filtered: the work of the filter for each row.
        has_page: whether the page is selected.
    """

    count: int
    sums: int
    summed: float
    ordered: float
    filtered: float
    has_page: bool

    @staticmethod
    def of(field: PlannedField, extent: Extent, where: _Conditions) -> _Sweeps:
        own = field.body.cases[0].fields if field.body is not None else ()
        fields = [each for each in own if isinstance(each, PlannedField)]
        counts = sum(each.name == "totalCount" for each in fields)
        sums = sum(map(_sums, fields))
        is_ordered = extent.is_ordered and field.arguments.get("orderBy") is None
        keys = max(1, order_size(field.arguments.get("orderBy")))
        return _Sweeps(
            counts + sums,
            sums,
            counts * _COUNTED + sums * _SUMMED,
            0 if is_ordered else _ORDER * keys,
            extent.work + (_FILTERED + where.work if where.count else 0),
            has_page=any(each.name in {"nodes", "edges", "pageInfo"} for each in fields),
        )

    def work(self, effort: float) -> float:
        """Return the work for each row, given the effort of a search for it."""
        each_time = self.filtered + effort
        page = self.ordered + each_time if self.has_page else 0
        return page + self.summed + self.count * each_time


def _sums(field: PlannedField) -> int:
    """Return the number of sums over all rows that a field of a connection needs."""
    match field.declaration:
        case Many():
            fields = field.arguments.get("fields")
            return len(set(map(_name, fields))) if isinstance(fields, tuple) else 1
        case Inside():
            return _leaves(field.body)
        case _:
            return 0


def _name(argument: Argument) -> object:
    return argument.value if isinstance(argument, Known) else argument


def _order_parts(keys: int, arguments: Arguments) -> int:
    """Return the parts of an order: of each key, and with a cursor of each pair of keys."""
    is_ranged = "after" in arguments or "before" in arguments
    return keys * _KEY_PARTS + (keys * keys if is_ranged else 0)


def _each(field: PlannedField, inner: Measure, relations: int) -> Measure:
    """Return the measure of a selection on each object that an argument names."""
    ids = field.arguments.get("ids")
    if not isinstance(ids, Given):
        return _around(inner, _LIST_PARTS * relations, _OTHER, _LIST_SIZE)
    read = ids.read

    def work(variables: Variables, entries: Entries) -> float:
        return len(read(variables)) * (_OTHER * relations + inner.work.of(variables, entries))

    return Measure(inner.parts + _LIST_PARTS * relations, inner.filters, Workload(0, ((1, work),)))


def _page_of_answers(field: PlannedField, inner: Measure, most: int) -> Measure:
    """Return the measure of a selection on each object of a page that Python computes."""
    first = field.arguments.get("first")
    if not isinstance(first, Given):
        return _around(inner, _LIST_PARTS, _OTHER, most)
    read = first.read

    def work(variables: Variables, entries: Entries) -> float:
        # A size that no page has is refused by the function that computes it.
        size: int = min(max(read(variables), 0), most)
        return _OTHER + size * inner.work.of(variables, entries)

    return Measure(inner.parts + _LIST_PARTS, inner.filters, Workload(0, ((1, work),)))


def _leaves(body: Body | None) -> int:
    fields = [each for case in (body.cases if body else ()) for each in case.fields]
    return sum(
        1 if each.body is None else _leaves(each.body)
        for each in fields
        if isinstance(each, PlannedField)
    )


def _rows(extent: Extent | None, entries: Entries) -> float:
    """Return the assumed number of rows of a connection."""
    if extent is None:
        return _LIST_SIZE
    if extent.content_type is not None:
        return entries.get(extent.content_type, 0) * extent.share
    return sum(entries.values()) * extent.share


def _effort(declared: Connection, search: Argument, variables: Variables) -> float:
    if declared.effort is None or not isinstance(search, Given):
        return 0
    return declared.effort(search.read(variables))


def conditions_of(where: Argument) -> _Conditions:
    """Return the cost of a ``where`` argument for each row."""
    if not isinstance(where, Input):
        return _Conditions()
    return reduce(
        _Conditions.plus,
        (_condition(where, name, value) for name, value in where.fields.items()),
        _Conditions(),
    )


def _condition(where: Input, name: str, value: Argument) -> _Conditions:
    if name in {"AND", "OR", "NOT"}:
        found = [conditions_of(each) for each in (value if isinstance(value, tuple) else (value,))]
        total = reduce(_Conditions.plus, found, _Conditions(1))
        return total if name == "AND" else _Conditions(total.count, total.work)
    declaration = where.type.fields[name].extensions.get(PLANNED)
    match declaration:
        case Compare():
            return _comparison_conditions(value, declaration.work, declaration.narrows)
        case CompareSeen():
            return _comparison_conditions(value, _SEEN, declaration.narrows)
        case Test():
            return _Conditions(1, _CONDITION, declaration.narrows)
        case ToOne():
            inner = conditions_of(value)
            return _Conditions(inner.count + 1, inner.work + _CONDITION, inner.narrows)
        case ToMany():
            return _quantifier_conditions(value, declaration.work)
        case Inner():
            return conditions_of(value)
    return _Conditions(1, _CONDITION)


def _comparison_conditions(operators: Argument, work: float, narrows: float = 1) -> _Conditions:
    names = set(operators.fields) if isinstance(operators, Input) else set()
    return _Conditions(len(names), work * len(names), narrows if {"eq", "in"} & names else 1)


def _quantifier_conditions(quantifiers: Argument, work: float) -> _Conditions:
    if not isinstance(quantifiers, Input):
        return _Conditions()
    total = _Conditions()
    for name, value in quantifiers.fields.items():
        # A count reads all related rows.
        lookup = work * 3 if name == "count" else work
        inner = conditions_of(value)
        total = total.plus(_Conditions(inner.count + 2, inner.work + lookup))
    return total


def _constant(parts: int, work: float) -> Measure:
    return Measure(parts, 0, Workload(work))


def _around(inner: Measure, parts: int, work: float, times: int = 1) -> Measure:
    """Return the measure of a field and of its selection, taken a number of times."""
    total = inner.work.times(times).plus(Workload(work))
    return Measure(inner.parts + parts, inner.filters, total)


def _together(measures: Iterable[Measure]) -> Measure:
    """Return the sum of the measures of several fields."""
    found = list(measures)
    return Measure(
        sum(each.parts for each in found),
        sum(each.filters for each in found),
        reduce(Workload.plus, (each.work for each in found), Workload()),
    )


def _one_of(measures: Sequence[Measure]) -> Measure:
    """Return the measure of an object of an abstract type: the most work of its types."""
    if len(measures) == 1:
        return measures[0]
    works = [each.work for each in measures]
    largest = Workload(max((each.fixed for each in works), default=0))
    if any(each.varying for each in works):
        largest = Workload(0, ((1, lambda *at: max(each.of(*at) for each in works)),))
    return Measure(
        sum(each.parts for each in measures), sum(each.filters for each in measures), largest
    )
