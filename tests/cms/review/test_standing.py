"""Which sign-offs count, by the rule in Python and by the same one in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cms.content.policy import Stage
from cms.review.standing import Signature, missing_sign_offs, signatures_that_count

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = st.sampled_from("abcd")


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
