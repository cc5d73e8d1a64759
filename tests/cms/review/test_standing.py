"""Which sign-offs count and what state follows, by the rules in Python and by the same in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.access.accounts import disable_account, enable_account, grant_role, revoke_role
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.content.policy import SignOffPolicy, Stage
from cms.drafts.entries import create_entry
from cms.drafts.loading import look_at
from cms.identifiers import new_id
from cms.review.standing import (
    STATES,
    Signature,
    missing_sign_offs,
    objectors_to,
    signatures_that_count,
    stages_to_json,
    standing_of,
)
from cms.site import Site
from cms.tables import (
    ChangeRequest,
    Edition,
    Publication,
    Review,
    Revision,
    RoleGrant,
    SignOff,
)
from cms.work.work import Work
from tests.builders import Rehearsals, draft_of
from tests.depth import EXAMPLES
from tests.standing import standing_by_sql

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = st.sampled_from("abcd")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("xy"),
            st.sampled_from("12"),
            PEOPLE,
            st.integers(-1, 1),
            st.booleans(),
        )
    ),
    st.sets(PEOPLE),
    st.sets(PEOPLE),
    st.integers(1, 3),
)
def test_only_open_and_unexpired_signatures_of_strangers_on_this_digest_count(
    given_: list[tuple[str, str, str, int, bool]],
    accounts: set[str],
    persons: set[str],
    approvals: int,
) -> None:
    signatures = [
        Signature(
            id=f"signoff {index}",
            digest=digest,
            stage=stage,
            account_id=f"account {who}",
            person_id=f"person {who}",
            signed_at=NOW,
            expires_at=NOW + timedelta(days=days),
            is_open=is_open,
        )
        for index, (digest, stage, who, days, is_open) in enumerate(given_)
    ]
    authors = {f"account {who}" for who in accounts} | {f"person {who}" for who in persons}
    counting = signatures_that_count(signatures, "x", frozenset(authors), NOW)
    stages = [Stage("1", approvals=approvals), Stage("2")]
    lacking = {each.stage.name: each.missing for each in missing_sign_offs(stages, counting)}
    for stage in stages:
        signers = {
            who
            for digest, name, who, days, is_open in given_
            if is_open and digest == "x" and name == stage.name and days > 0
        } - (accounts | persons)
        assert lacking.get(stage.name, 0) == max(0, stage.approvals - len(signers))


# Stages by name, with how many people have to sign off at each.
Policy = Mapping[str, int]
ONE, TWO = {"1": 1}, {"1": 2}
POLICIES = st.dictionaries(st.sampled_from("112"), st.integers(1, 2), min_size=1)


@dataclass(frozen=True)
class Facts:
    """What has happened to an edition with two revisions.

    Attributes:
        types: the policies of two content types of today; the edition is of one of them.
        content_type: the type of the edition.
        asked: the stages of its reviews, the oldest first.
        is_in_review: whether the last of them is open.
        second: the second revision: whether it has the same digest, its account (``None`` is the
            operator) and the person of its byline.
        sign_offs: of each, whether it is on the digest of the first revision, its stage, its
            signer, for how many days it holds, and whether it is open.
        objections: of each, whether it is on that digest, its author, and whether it is open.
        publications: of each, whether the first revision was public, whether on sign-offs; the
            last may be open.
        is_live: whether it is.
        is_archived: whether the entry is archived.
        rights: what becomes of the rights of the reviewers: ``(who, what)``.
    """

    types: Mapping[str, Policy]
    content_type: str
    asked: Sequence[Policy] = ()
    is_in_review: bool = False
    second: tuple[bool, int | None, int | None] = (True, 0, 0)
    sign_offs: Sequence[tuple[bool, str, int, int, bool]] = ()
    objections: Sequence[tuple[bool, int, bool]] = ()
    publications: Sequence[tuple[bool, bool]] = ()
    is_live: bool = False
    is_archived: bool = False
    rights: Sequence[tuple[int, str]] = ()


# Most sign-offs count, since only what is nearly complete tells two rules apart.
MOSTLY = st.sampled_from((True, True, True, False))
SIGNERS = st.sampled_from((0, 1, 1, 2, 2, 3))
AUTHORS = st.sampled_from((None, 0, 0, 1, 2))
FACTS = st.builds(
    Facts,
    types=st.fixed_dictionaries({"Article": POLICIES, "Note": POLICIES}),
    content_type=st.sampled_from(("Article", "Note")),
    asked=st.lists(POLICIES, max_size=2),
    is_in_review=st.booleans(),
    second=st.tuples(MOSTLY, AUTHORS, AUTHORS),
    sign_offs=st.lists(
        st.tuples(
            *(MOSTLY, st.sampled_from("11223"), SIGNERS, st.sampled_from((-1, 1, 1, 1)), MOSTLY)
        ),
        max_size=6,
    ),
    objections=st.lists(st.tuples(st.booleans(), SIGNERS, st.booleans()), max_size=2),
    publications=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=2),
    is_live=st.booleans(),
    is_archived=st.sampled_from((False, False, False, True)),
    rights=st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(("revoke", "narrow", "disable", "come back"))),
        max_size=2,
    ),
)


def site_with(types: Mapping[str, Policy]) -> Site:
    """Return a site that has these policies today."""
    return Site(
        "Test site",
        content_types=[
            type(
                name,
                (ContentType,),
                {"__doc__": "Has hardly anything but a policy.", "body": Text(), "text": Text()},
                policy=SignOffPolicy(stages=tuple(stages_of(policy))),
            )
            for name, policy in types.items()
        ],
    )


def stages_of(policy: Policy) -> Sequence[Stage]:
    return [Stage(name, approvals=approvals) for name, approvals in policy.items()]


@dataclass
class Records:
    """Facts, written as rows.

    Attributes:
        work: the transaction.
        people: the author of the first revision, and the reviewers.
        first: the first revision.
        second: the second one.
        entry_id: the entry.
        review_id: the last review.
    """

    work: Work
    people: Sequence[Actor]
    first: Revision
    second: Revision
    entry_id: str
    review_id: str | None = None

    def ids(self, who: int) -> tuple[str, str]:
        return str(self.people[who].account_id), str(self.people[who].person_id)

    def digest(self, *, is_same: bool) -> str:
        return self.first.digest if is_same else "another digest"

    async def write(self, facts: Facts) -> None:
        for place, policy in enumerate(facts.asked):
            is_open = facts.is_in_review and place == len(facts.asked) - 1
            await self.ask(place, stages_of(policy), is_open=is_open)
        for signed in facts.sign_offs:
            self.sign_off(*signed)
        for objection in facts.objections:
            self.object_to(*objection)
        for place, (is_first, is_signed) in enumerate(facts.publications):
            is_live = facts.is_live and place == len(facts.publications) - 1
            self.publish(place, is_first=is_first, is_signed=is_signed, is_live=is_live)
        await self.work.session.flush()  # the queries below read them

    async def ask(self, place: int, stages: Sequence[Stage], *, is_open: bool) -> None:
        self.review_id = new_id("review")
        asked_at = self.work.now - timedelta(hours=2 - place)
        self.work.session.add(
            Review(
                id=self.review_id,
                edition_id=self.first.edition_id,
                revision_id=self.first.id,
                stages=stages_to_json(stages),
                note="",
                requested_by=self.ids(0)[0],
                requested_at=asked_at,
                ended_at=None if is_open else asked_at,
                outcome=None if is_open else "withdrawn",
            )
        )
        await self.work.session.flush()  # the answers' foreign keys need it

    def sign_off(self, is_same: bool, stage: str, who: int, days: int, is_open: bool) -> None:
        account_id, person_id = self.ids(who)
        self.work.session.add(
            SignOff(
                id=new_id("signoff"),
                edition_id=self.first.edition_id,
                revision_id=self.first.id,
                review_id=self.review_id,
                digest=self.digest(is_same=is_same),
                stage=stage,
                account_id=account_id,
                person_id=person_id,
                note="",
                signed_at=self.work.now - timedelta(hours=1),
                expires_at=self.work.now + timedelta(days=days),
                ended_at=None if is_open else self.work.now,
                end_cause=None if is_open else "changes_requested",
            )
        )

    def object_to(self, is_same: bool, who: int, is_open: bool) -> None:
        self.work.session.add(
            ChangeRequest(
                id=new_id("changes"),
                review_id=self.review_id,
                edition_id=self.first.edition_id,
                revision_id=self.first.id,
                digest=self.digest(is_same=is_same),
                account_id=self.ids(who)[0],
                reason="No.",
                requested_at=self.work.now - timedelta(hours=1),
                ended_at=None if is_open else self.work.now,
                end_cause=None if is_open else "withdrawn",
            )
        )

    def publish(self, place: int, *, is_first: bool, is_signed: bool, is_live: bool) -> None:
        begun = self.work.now - timedelta(hours=1)
        self.work.session.add(
            Publication(
                id=new_id("pub"),
                position=1000 + 2 * place,
                entry_id=self.entry_id,
                edition_id=self.first.edition_id,
                revision_id=(self.first if is_first else self.second).id,
                content_type="Article",
                locale="en",
                title="A title",
                title_key="a title",
                slug="a-title",
                summary="",
                saved_at=begun,
                first_published_at=begun,
                published_at=begun,
                published_by=None,
                basis="signed_off" if is_signed else "setup",
                ended_at=None if is_live else self.work.now,
                ended_position=None if is_live else 1001 + 2 * place,
            )
        )


async def second_revision(
    work: Work,
    first: Revision,
    people: Sequence[Actor],
    second: tuple[bool, int | None, int | None],
) -> Revision:
    is_same, author, byline = second
    columns = {each.key for each in Revision.__table__.columns}
    changed = {
        "id": new_id("rev"),
        "number": 2,
        "digest": first.digest if is_same else "a second digest",
        "author_id": people[author].account_id if author is not None else None,
        "byline_id": people[byline].person_id if byline is not None else None,
    }
    row = Revision(**{**{name: getattr(first, name) for name in columns}, **changed})
    work.session.add(row)
    await work.session.flush()
    return row


async def change_rights(work: Work, who: Actor, what: str) -> None:
    """Take rights of a reviewer, or give them back."""
    operator, account_id = work.by(OPERATOR), str(who.account_id)
    if what == "disable":
        await disable_account(operator, account_id)
    elif what == "come back":
        await enable_account(operator, account_id)
        await grant_role(operator, account_id, Grant(role="reviewer"))
    else:
        if what == "narrow":
            await grant_role(operator, account_id, Grant(role="reviewer", content_type="Note"))
        wide = select(RoleGrant.id).where(
            *(RoleGrant.account_id == account_id, RoleGrant.role == "reviewer"),
            *(RoleGrant.content_type.is_(None), RoleGrant.revoked_at.is_(None)),
        )
        for grant_id in (await work.session.scalars(wide)).all():
            await revoke_role(operator, grant_id)


def facts_of(**values: object) -> Facts:
    return Facts(**{"types": {"Article": ONE}, "content_type": "Article", **values})  # type: ignore[arg-type]  # any of them


SIGNED = (True, "1", 1, 1, True)


@settings(max_examples=EXAMPLES // 2)
@given(facts=FACTS)
# Their own work, by account and by byline; a policy that is stricter by now; one person twice; an
# objection without a review; a sign-off and no review; the last to be taken back.
@example(facts=facts_of(sign_offs=[(True, "1", 0, 1, True)]))
@example(facts=facts_of(sign_offs=[SIGNED], second=(True, None, 1)))
@example(facts=facts_of(types={"Article": TWO}, asked=[ONE], sign_offs=[SIGNED]))
@example(facts=facts_of(types={"Article": ONE}, asked=[TWO], sign_offs=[SIGNED]))
@example(facts=facts_of(types={"Article": TWO}, sign_offs=[SIGNED] * 2))
@example(facts=facts_of(objections=[(True, 1, True)]))
@example(facts=facts_of(sign_offs=[SIGNED]))
@example(facts=facts_of(publications=[(True, True)], sign_offs=[SIGNED]))
@example(facts=facts_of(sign_offs=[SIGNED], rights=[(1, "revoke"), (1, "come back")]))
def test_sql_and_python_find_the_same_standing(rehearsals: Rehearsals, facts: Facts) -> None:
    newsroom = rehearsals.newsroom
    people = (newsroom.author, *newsroom.reviewers)

    async def attempt(begun: Work) -> None:
        work = replace(begun, site=site_with(facts.types))
        saved = await create_entry(work, facts.content_type, draft_of(text="Words", body="Words"))
        second = await second_revision(work, saved.revision, people, facts.second)
        records = Records(work, people, saved.revision, second, saved.entry_id)
        await records.write(facts)
        for who, what in facts.rights:
            await change_rights(work, people[who], what)
        held = await look_at(work.by(OPERATOR), saved.entry_id, None)
        if facts.is_archived:
            held.entry.archived_at = work.now
        await work.session.flush()
        for revision in (saved.revision, second):
            standing = await standing_of(work, held, revision)
            state, lacks = await standing_by_sql(work, revision)
            assert state == standing.state()
            assert lacks == bool(standing.lacking)
            assert standing.is_objected_to == bool(await objectors_to(work, revision))

    rehearsals.rehearse(attempt)


def test_the_examples_have_every_state(rehearsals: Rehearsals) -> None:
    """Each state is found where those before it do not hold."""
    people = (rehearsals.newsroom.author, *rehearsals.newsroom.reviewers)
    every = {"sign_offs": [SIGNED], "asked": [ONE], "is_in_review": True}
    histories = {
        "PUBLISHED": facts_of(
            **every,
            objections=[(True, 2, True)],
            publications=[(True, True)],
            is_live=True,
            is_archived=True,
        ),
        "ARCHIVED": facts_of(**every, publications=[(True, True)], is_archived=True),
        "CHANGES_REQUESTED": facts_of(
            **every, objections=[(True, 2, True)], publications=[(True, True)]
        ),
        "UNPUBLISHED": facts_of(**every, publications=[(False, True), (True, True)]),
        "APPROVED": facts_of(**every, publications=[(True, True), (False, True)]),
        "IN_REVIEW": facts_of(asked=[ONE], is_in_review=True, sign_offs=[(False, "1", 1, 1, True)]),
        "DRAFT": facts_of(asked=[ONE]),
    }
    assert list(histories) == list(STATES)

    async def attempt(begun: Work) -> None:
        work = replace(begun, site=site_with({"Article": ONE}))
        for expected, facts in histories.items():
            saved = await create_entry(
                work, "Article", draft_of(slug=expected.lower().replace("_", "-"))
            )
            edition = await work.session.get_one(Edition, saved.revision.edition_id)
            second = await second_revision(work, saved.revision, people, (True, 0, None))
            await Records(work, people, saved.revision, second, edition.entry_id).write(facts)
            held = await look_at(work, saved.entry_id, None)
            held.entry.archived_at = work.now if facts.is_archived else None
            await work.session.flush()
            assert (await standing_by_sql(work, saved.revision))[0] == expected
            assert (await standing_of(work, held, saved.revision)).state() == expected

    rehearsals.rehearse(attempt)
