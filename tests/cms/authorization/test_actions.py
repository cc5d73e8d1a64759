"""The rules of signing off and of roles, as such."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.authorization.actions import (
    ROLE_ACTIONS,
    Action,
    Allowed,
    Denied,
    Reach,
    Subject,
    decide,
)
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.policy import Stage
from cms.drafts.contributors import Authored, contributors
from cms.review.sign_offs import Signature, missing_sign_offs, signatures_that_count

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = st.sampled_from("abcd")
HISTORIES = st.lists(PEOPLE, min_size=1, max_size=8)


@given(HISTORIES, st.sets(st.integers(1, 8)), st.data())
def test_contributors_are_all_authors_since_the_publication_before(
    history: list[str], published: set[int], data: st.DataObject
) -> None:
    revisions = [Authored(number, author, str(number)) for number, author in enumerate(history, 1)]
    number = data.draw(st.integers(1, len(history)))
    found = contributors(number, revisions, published)
    earlier = [each for each in published if each < number]
    start = max(earlier, default=0)
    assert found == set(history[start:number])
    # Whoever saved the revision itself is always one of them, published or not.
    assert history[number - 1] in found


@given(
    st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("12"), PEOPLE, st.integers(-1, 1))),
    st.sets(PEOPLE),
    st.integers(1, 3),
)
def test_only_holding_signatures_of_strangers_on_this_digest_count(
    given_: list[tuple[str, str, str, int]], authors: set[str], approvals: int
) -> None:
    signatures = [
        Signature(f"signoff {index}", digest, stage, account, NOW + timedelta(days=days))
        for index, (digest, stage, account, days) in enumerate(given_)
    ]
    counting = signatures_that_count(signatures, "x", frozenset(authors), NOW)
    stages = [Stage("1", approvals=approvals), Stage("2")]
    lacking = {each.stage.name: each.missing for each in missing_sign_offs(stages, counting)}
    for stage in stages:
        signers = {
            account
            for digest, name, account, days in given_
            if digest == "x" and name == stage.name and days > 0 and account not in authors
        }
        assert lacking.get(stage.name, 0) == max(0, stage.approvals - len(signers))


@pytest.mark.parametrize("role", ROLE_ACTIONS)
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_role_allows_what_the_table_says(role: str, action: Action, *, is_own: bool) -> None:
    actor = Actor(account_id="a", grants=(Grant(role=role),))
    reach = ROLE_ACTIONS[role].get(action)
    reached = {Reach.ANY: True, Reach.OWN: is_own, Reach.OTHERS: not is_own, None: False}[reach]
    expected = Allowed if reached else Denied
    assert isinstance(decide(actor, action, Subject(is_own=is_own)), expected)


@pytest.mark.parametrize(
    ("grant", "subject", "covers"),
    [
        (Grant(role="author"), Subject(content_type="Article"), True),
        (Grant(role="author", content_type="Article"), Subject(content_type="Article"), True),
        (Grant(role="author", content_type="Article"), Subject(content_type="Note"), False),
        (Grant(role="author", content_type="Article"), Subject(), False),
        (Grant(role="author", category_id="c"), Subject(categories=frozenset("bc")), True),
        (Grant(role="author", category_id="c"), Subject(categories=frozenset("b")), False),
    ],
)
def test_a_grant_covers_its_scope(grant: Grant, subject: Subject, *, covers: bool) -> None:
    decision = decide(Actor(account_id="a", grants=(grant,)), Action.ENTRY_SAVE, subject)
    assert isinstance(decision, Allowed) is covers


def test_a_reviewer_of_one_stage_signs_at_no_other() -> None:
    actor = Actor(account_id="a", grants=(Grant(role="reviewer", stage="technical"),))
    for stage, expected in (("technical", Allowed), ("editorial", Denied)):
        subject = Subject(stage=stage, role="reviewer")
        assert isinstance(decide(actor, Action.REVIEW_SIGN_OFF, subject), expected)


def test_a_denial_says_what_it_takes() -> None:
    decision = decide(Actor(account_id="a"), Action.ENTRY_PUBLISH, Subject(content_type="Note"))
    assert isinstance(decision, Denied)
    assert decision.reason == (
        "entry:publish requires the role publisher or administrator for Note; "
        "this account has no role, which does not include it"
    )


def test_nobody_signs_off_by_rank() -> None:
    assert isinstance(decide(OPERATOR, Action.REVIEW_SIGN_OFF, Subject()), Denied)
