"""A document's fields are counted before it is validated, fragments as often as they are spread."""

from __future__ import annotations

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.http.errors import RequestFailed
from graphql_api.http.expansion import Expansion
from graphql_api.http.limits import Limits, check_document

NAMES = ("a", "b", "c")


def spread_thrice(levels: int) -> str:
    """Return fragments of which each spreads the next one three times."""
    fragments = []
    for level in range(levels):
        inner = f"{{ ...F{level + 1} }}"
        fragments.append(f"fragment F{level} on X {{ a: x {inner} b: x {inner} c: x {inner} }}")
    return " ".join(["{ ...F0 }", *fragments, f"fragment F{levels} on X {{ name }}"])


@pytest.mark.parametrize(
    ("document", "fields", "depth"),
    [
        ("{ a }", 1, 1),
        ("{ a { b c { d } } e }", 5, 3),
        ("{ ...F ...F } fragment F on Query { a { b } }", 4, 2),
        ("{ ... on Query { a } ... { b } }", 2, 1),
        ("{ __schema { types { name } } }", 3, 1),
        ("{ a { ...F } } fragment F on X { a { ...F } }", 2, 2),
        ("{ a { ...Nothing } }", 1, 1),
        ("query A { a } query B { b { c } } fragment Unused on X { d e }", 5, 2),
        (spread_thrice(2), 3 * 3 + 3 + 9, 3),
    ],
)
def test_fields_are_counted_as_often_as_they_are_spread(
    document: str, fields: int, depth: int
) -> None:
    size = Expansion(parse(document)).size
    assert (size.fields, size.depth) == (fields, depth)


def test_what_multiplies_is_refused_however_far_it_goes() -> None:
    with pytest.raises(RequestFailed, match="fields; at most 1,000 are allowed"):
        check_document(parse(spread_thrice(40)), Limits(depth=100, aliases=1_000))


@pytest.mark.parametrize(
    ("document", "pairs"),
    [
        ("{ a b }", 0),
        ("{ a a a }", 3),
        ("{ a { b } a { b } a { b c } }", 3 + 3),
        ("{ x: a x: b y: a }", 1),
        ("{ a ...F ...F } fragment F on Query { a }", 1),
        ("{ ... on A { a } ... on B { a } }", 1),
        ("{ a { ...F } a { ...F } } fragment F on X { b b }", 1 + 1),
        ("fragment Unused on X { a a }", 1),
    ],
)
def test_fields_of_one_response_name_are_counted_in_pairs(document: str, pairs: int) -> None:
    assert sum(Expansion(parse(document)).repetitions()) == pairs


def test_a_cycle_of_fragments_ends() -> None:
    document = parse(
        "{ a { ...F } } fragment F on X { a { ...G ...F } } fragment G on X { a { ...F } }"
    )
    assert sum(Expansion(document).repetitions()) < 100


@pytest.mark.parametrize(
    "document", ["{ " + "a " * 101 + "}", "{ " + "a { b } " * 75 + "}", "{ " + "wrong " * 101 + "}"]
)
def test_many_fields_of_one_name_are_refused_before_they_are_compared(document: str) -> None:
    with pytest.raises(RequestFailed, match="repetitions; at most 5,000 are allowed"):
        check_document(parse(document), Limits(root_fields=1_000))


@st.composite
def selections(draw: st.DrawFn, depth: int = 3) -> str:
    """Return a selection set with fields and spreads of the fragments F0 to F2."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("leaf", "field", "inline", "spread")))
        if kind == "leaf" or depth == 0:
            parts.append(draw(st.sampled_from(NAMES)))
        elif kind == "spread":
            parts.append(f"...F{draw(st.integers(0, 2))}")
        else:
            inner = draw(selections(depth - 1))
            head = draw(st.sampled_from(NAMES)) if kind == "field" else "... on X"
            parts.append(f"{head} {inner}")
    return "{ " + " ".join(parts) + " }"


@given(fragments=st.lists(selections(), min_size=3, max_size=3))
def test_counting_is_the_same_as_writing_the_fragments_out(fragments: list[str]) -> None:
    written: dict[str, str] = {}
    spread = ["{ ...F0 ...F1 ...F2 }"]
    for index in (2, 1, 0):
        # Each spreads only those after it, so that there is no cycle.
        body = fragments[index]
        for earlier in range(index + 1):
            body = body.replace(f"...F{earlier}", "c")
        spread.append(f"fragment F{index} on X {body}")
        for name, whole in written.items():
            body = body.replace(f"...{name}", f"... on X {whole}")
        written[f"F{index}"] = body
    plain = "{ " + " ".join(f"... on X {body}" for body in written.values()) + " }"
    assert Expansion(parse(" ".join(spread))).size == Expansion(parse(plain)).size
