"""Whatever editors, reviewers and publishers do, nothing is public that was not signed off.

After every command the tables are read with plain SQL and held against the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from cms.clock import now
from cms.content.snapshot import Changes, Draft
from cms.copydesk import desk_of
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import (
    add_edition,
    archive_entry,
    create_entry,
    duplicate_entry,
    unarchive_entry,
)
from cms.drafts.pruning import prune_autosaves
from cms.drafts.saving import autosave_entry, restore_revision, save_draft, update_entry
from cms.errors import Refused
from cms.ledger.verification import Invalid, verify_ledger
from cms.publishing.publishing import break_glass_publish, publish_entry, publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes
from cms.review.comments import add_comment, reply_to_comment, resolve_comment
from cms.review.reviews import request_review, withdraw_review
from cms.review.sign_offs import sign_off
from cms.search.page_fields import faults_of_fields
from cms.search.verification import verify_counts
from tests.conftest import KINDS, Templates
from tests.depth import IS_DEEP
from tests.forging import no_progress
from tests.properties.books import Facts, Row, hash_of
from tests.properties.ground import ROLES, SITES, Ground

# A page: its entry's id and a locale.
Page: TypeAlias = tuple[str, str]

# As `make deep` runs it, and longer still.
SETTINGS = settings(
    max_examples=100 if IS_DEEP else 5,
    stateful_step_count=40 if IS_DEEP else 20,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    # To shrink takes minutes; who looks for the cause has them.
    phases=set(Phase) - (set() if IS_DEEP else {Phase.shrink, Phase.explain}),
)


def mostly(*names: str) -> st.SearchStrategy[str]:
    """Return people who may, and now and then somebody else."""
    return st.sampled_from([*names * (20 // len(names)), *ROLES])


AUTHORS = mostly("ann", "bob", "cleo")
REVIEWERS = mostly("rita", "rolf", "bob", "cleo", "tess")
PUBLISHERS = mostly("pia", "cleo")
ADMINISTRATORS = mostly("alma")
# How many revisions to go back from the newest.
BACK = st.sampled_from([0] * 9 + [1, 2, 3])
SLUGS = st.sampled_from(["one", "two", "three"])
BODIES = st.sampled_from(
    [
        *("Words.", "Other words.", "# Part", "# Part\n\nWords. [Here](#part)") * 2,
        *("", "Words. [Here](#part)", "[One](/one)", "# Part\n\n[Two](/two#part)", "[X](/x)"),
    ]
)
LINKS = st.sampled_from(
    [[], [], [], [], ["/one"], ["/two#part", "https://example.org"], ["/three"]]
)
ODD_JOBS = st.sampled_from(
    ["prune", "withdraw", "delete", "comment", "sign_what_is_not_there", "publish_nothing"]
)
POLICIES = st.sampled_from(list(SITES))
POLICY_CHANGES = st.sampled_from(
    [("two", "one"), ("two", "one"), ("one", "two"), ("one", "stages"), ("other", "one")]
)
PAGES = Bundle[Page]("pages")
SOME = st.lists(PAGES, min_size=1, max_size=3, unique=True)
ALL_REVIEWERS = ["bob", "cleo", "rita", "rolf", "tess", "tess"]
ORDERS = st.permutations(ALL_REVIEWERS) | st.just(["rita"])
DRAFTS = st.builds(
    Draft,
    title=st.sampled_from(["A title", "Another title"]),
    slug=SLUGS,
    fields=st.fixed_dictionaries({"body": BODIES, "related": LINKS}),
)
CHANGES = st.one_of(
    st.builds(Changes, title=st.sampled_from(["First", "Second", "Third"])),
    st.builds(Changes, slug=SLUGS),
    st.builds(Changes, fields=st.fixed_dictionaries({"body": BODIES})),
    st.builds(Changes, fields=st.fixed_dictionaries({"related": LINKS})),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a command.

    Attributes:
        result: what it returned, or ``None``.
        codes: why it was refused; empty if it was not.
        at: when it was.
    """

    result: Any
    codes: frozenset[str]
    at: datetime


class Editing(RuleBasedStateMachine):
    """People who write, review and publish pages that link each other."""

    pages = PAGES

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.site = SITES["one"]
        # In the past, so that what expires meanwhile has expired for the database's own clock.
        self.clock = now() - timedelta(days=60, hours=12)
        self.kept: dict[tuple[str, tuple[Any, ...]], Row] = {}
        self.steps = 0
        ground.runner.run(ground.begin())
        self.facts = Facts({}).followed_by(ground.runner.run(ground.books.read()))
        self.last_hash = self.facts.records[-1]["hash"] if self.facts.records else "0" * 64

    def teardown(self) -> None:
        try:
            self.ground.runner.run(self.verify())
        finally:
            self.ground.runner.run(self.ground.close())

    # What they do.

    @initialize(target=pages, order=st.permutations(ALL_REVIEWERS))
    def begin(self, order: Sequence[str]) -> Any:
        """Publish two pages, of which one leads to the other."""
        one = self.create("ann", Draft(title="One", slug="one", fields={"body": "# Part"}), "en")
        link = {"body": "[One](/one#part)"}
        two = self.create("bob", Draft(title="Two", slug="two", fields=link), "en")
        self.bring_out("ann", [one, two], Changes(summary="The first."), order, 0)
        return multiple(one, two)

    @rule(target=pages, who=AUTHORS, draft=DRAFTS, locale=st.sampled_from(["en", "en", "de"]))
    def create(self, who: str, draft: Draft, locale: str) -> Any:
        done = self.attempt(who, create_entry, "Page", draft, locale=locale)
        return self.page_of(done)

    @rule(target=pages, who=AUTHORS, page=pages, slug=SLUGS, is_translation=st.booleans())
    def copy(self, who: str, page: Page, slug: str, is_translation: bool) -> Any:
        source = self.revision(page, 0)
        if is_translation:
            done = self.attempt(who, add_edition, page[0], "de", source_locale=page[1])
        else:
            done = self.attempt(who, duplicate_entry, page[0], slug=slug, locale=page[1])
        if done.result is not None:
            self.facts = self.facts.with_heir(done.result.revision.edition_id, source)
        return self.page_of(done)

    @rule(who=AUTHORS, page=pages, value=CHANGES | DRAFTS, back=BACK)
    def save(self, who: str, page: Page, value: Changes | Draft, back: int) -> None:
        command = save_draft if isinstance(value, Draft) else update_entry
        self.write(who, command, page, back, value)

    @rule(who=AUTHORS, page=pages, all_changes=st.lists(CHANGES, min_size=1, max_size=3), back=BACK)
    def autosave(self, who: str, page: Page, all_changes: list[Changes], back: int) -> None:
        for changes in all_changes:
            self.write(who, autosave_entry, page, back, changes)

    @rule(who=AUTHORS, page=pages, to=st.integers(1, 4), back=BACK)
    def restore(self, who: str, page: Page, to: int, back: int) -> None:
        self.write(who, restore_revision, page, back, self.revision(page, to)["id"])

    @rule(who=AUTHORS, page=pages, back=BACK, assignees=st.sets(st.sampled_from(list(ROLES))))
    def ask(self, who: str, page: Page, back: int, assignees: set[str]) -> None:
        base = self.revision(page, back)["id"]
        accounts = sorted(str(self.ground.people[name].account_id) for name in assignees)
        options = {"locale": page[1], "assignees": accounts}
        self.attempt(who, request_review, page[0], base_revision=base, **options)

    @rule(who=REVIEWERS, page=pages, back=BACK, stage=st.sampled_from(["", "editorial", "legal"]))
    def sign(self, who: str, page: Page, back: int, stage: str) -> None:
        self.ask("ann", page, back % 2, set())
        self.judge(who, sign_off, page, self.revision(page, back), stage=stage or None)

    @rule(who=REVIEWERS, page=pages, back=BACK, reason=st.sampled_from(["No.", " "]))
    def object(self, who: str, page: Page, back: int, reason: str) -> None:
        self.ask("ann", page, back % 2, set())
        self.judge(who, request_changes, page, self.revision(page, back), reason=reason)
        self.review(page, ["rita", "rolf", "tess"])
        self.publish("pia", page, back)

    @rule(page=pages, order=ORDERS)
    def review(self, page: Page, order: Sequence[str]) -> None:
        """Review a page as it is meant: by whoever may, until it takes nobody any more."""
        head = self.revision(page, 0)
        running = self.facts.open_review(head["edition_id"])
        if running is not None and not self.policy_names() <= names(running["stages"]):
            self.attempt("pia", withdraw_review, page[0], locale=page[1])
        options = {"base_revision": head["id"], "locale": page[1]}
        done = self.attempt("ann", request_review, page[0], **options)
        for who in order:
            if done.codes or not self.lacking(head):
                break
            self.judge(who, sign_off, page, head, stage=None)

    @rule(
        who=AUTHORS, some=SOME, changes=CHANGES, order=ORDERS, days=st.sampled_from([0] * 5 + [31])
    )
    def bring_out(
        self, who: str, some: list[Page], changes: Changes, order: Sequence[str], days: int
    ) -> None:
        """Change a page, have it and others reviewed, and publish them together some day."""
        self.write(who, update_entry, some[0], 0, changes)
        for page in some:
            self.review(page, order)
        self.let_time_pass(days)
        self.publish_several("pia", some, 0)

    @rule(page=pages, order=ORDERS, policies=POLICY_CHANGES)
    def review_under_another_policy(
        self, page: Page, order: Sequence[str], policies: tuple[str, str]
    ) -> None:
        first, second = policies
        self.write("ann", update_entry, page, 0, Changes(summary=f"{first}, then {second}"))
        self.change_the_policy(first)
        self.review(page, order)
        self.change_the_policy(second)
        self.publish("pia", page, 0)

    @rule(who=st.sampled_from(["bob", "cleo"]), page=pages, changes=CHANGES, again=st.booleans())
    def sign_and_meddle(self, who: str, page: Page, changes: Changes, again: bool) -> None:
        """Sign off a page, change it, and bring back what was signed."""
        self.review(page, [who, "rita"])
        signed = self.revision(page, 0)["id"]
        self.write(who, update_entry, page, 0, changes)
        if again:
            self.write("ann", restore_revision, page, 0, signed)
        self.publish("pia", page, 0)

    @rule(who=PUBLISHERS, page=pages, back=BACK)
    def publish(self, who: str, page: Page, back: int) -> None:
        revision = self.revision(page, back)
        before = self.facts
        options = {"revision_id": revision["id"], "locale": page[1]}
        done = self.attempt(who, publish_entry, page[0], **options)
        if not done.codes & {"NOT_ALLOWED", "NOT_FOUND", "ARCHIVED"}:
            lacking = before.lacking(self.required(before, revision), revision, done.at)
            assert ("MISSING_SIGN_OFF" in done.codes) is bool(lacking)
            objectors = before.objectors(revision)
            assert ("CHANGES_REQUESTED" in done.codes) is bool(objectors)

    @rule(who=PUBLISHERS, some=SOME, back=BACK)
    def publish_several(self, who: str, some: list[Page], back: int) -> None:
        locale = some[0][1]
        chosen = {page[0]: self.revision(page, back)["id"] for page in some if page[1] == locale}
        self.attempt(who, publish_together, chosen, locale=locale)

    @rule(who=PUBLISHERS, page=pages, which=st.integers(0, 3))
    def unpublish(self, who: str, page: Page, which: int) -> None:
        live = sorted(self.facts.pages(), key=lambda row: str(row["id"]))
        if which == 3:
            page = str(self.ground.people["rita"].person_id), "en"
        elif which < len(live):
            page = live[which]["entry_id"], live[which]["locale"]
        self.attempt(who, unpublish_entry, page[0], locale=page[1])

    @rule(who=ADMINISTRATORS, page=pages, back=BACK, reason=st.sampled_from(["A fire.", " "]))
    def break_glass(self, who: str, page: Page, back: int, reason: str) -> None:
        options = {"revision_id": self.revision(page, back)["id"], "locale": page[1]}
        done = self.attempt(who, break_glass_publish, page[0], reason=reason, **options)
        assert done.codes or reason.strip()

    @rule(who=PUBLISHERS, page=pages, comes_back=st.sampled_from([True, True, True, False]))
    def archive(self, who: str, page: Page, comes_back: bool) -> None:
        done = self.attempt(who, archive_entry, page[0], locale=page[1])
        if not done.codes:
            self.write("ann", update_entry, page, 0, Changes(title="Not to be"))
            self.publish("pia", page, 0)
        if comes_back:
            self.attempt(who, unarchive_entry, page[0], locale=page[1])

    @rule(who=mostly("ann", "pia", "alma", "alma"), page=pages, odd_job=ODD_JOBS)
    def do_odd_job(self, who: str, page: Page, odd_job: str) -> None:
        getattr(self, odd_job)(who, page)

    def prune(self, who: str, page: Page) -> None:
        older_than = timedelta(seconds=3)
        self.attempt(who, prune_autosaves, page[0], older_than=older_than, locale=page[1])

    def withdraw(self, who: str, page: Page) -> None:
        self.attempt(who, withdraw_review, page[0], locale=page[1])

    def delete(self, who: str, page: Page) -> None:
        before = self.facts.rows("publication", entry_id=page[0])
        done = self.attempt(who, delete_entry, page[0], locale=page[1])
        assert done.codes or not before

    def comment(self, who: str, page: Page) -> None:
        done = self.attempt(who, add_comment, page[0], "Why?", locale=page[1])
        if done.result is not None:
            self.attempt("ann", reply_to_comment, done.result.id, " ")
            self.attempt(who, resolve_comment, done.result.id)

    def sign_what_is_not_there(self, _: str, page: Page) -> None:
        done = self.attempt("rita", sign_off, page[0], digest="0" * 64, locale=page[1])
        assert done.codes

    def publish_nothing(self, who: str, _: Page) -> None:
        self.attempt(who, publish_together, {})

    @rule(policy=POLICIES)
    def change_the_policy(self, policy: str) -> None:
        self.site = SITES[policy]

    @rule(days=st.sampled_from([1, 29, 31, 91, 366]))
    def let_time_pass(self, days: int) -> None:
        self.clock += timedelta(days=days)

    # What is true whatever they do.

    @invariant()
    def states_are_what_the_facts_say(self) -> None:
        moment = now()  # which is what the database goes by
        expected = {
            key: self.facts.state(row, self.required(self.facts, row), moment)
            for (key,), row in self.rows("revision")
        }
        assert self.ground.runner.run(self.ground.states(self.site)) == expected

    @invariant()
    def what_is_remembered_holds(self) -> None:
        self.steps += 1
        if IS_DEEP or self.steps % 5 == 0:
            self.ground.runner.run(self.verify())

    async def verify(self) -> None:
        """Check that the verification of the ledger, and of counts, finds no fault either."""
        database = self.ground.database
        async with database.reading() as session:
            key = database.key_file.load().public_key_pem()
            found = [each async for each in verify_ledger(session, key, no_progress)]
            miscounted = [each async for each in verify_counts(session, lambda _: None)]
            miscounted += await faults_of_fields(session, self.site)
        assert miscounted == []
        assert [each for each in found if isinstance(each, Invalid)] == []

    def check(self, before: Facts, done: Outcome) -> None:
        self.check_record(before, done)
        for key in self.facts.tables["publication"].keys() - before.tables["publication"].keys():
            self.check_sign_offs(before, self.facts.tables["publication"][key], done.at)
        self.check_history()
        self.check_publications()

    def check_record(self, before: Facts, done: Outcome) -> None:
        """Every command is recorded in the chain, and a refused one leaves nothing."""
        new = self.facts.records[len(before.records) :]
        for row in new:
            assert row["previous_hash"] == self.last_hash
            self.last_hash = hash_of(row)
            assert row["hash"] == self.last_hash
        if done.codes:
            assert self.facts.tables == before.tables

    def check_sign_offs(self, before: Facts, publication: Row, at: datetime) -> None:
        """What has become public had what it takes, or an administrator's reason."""
        revision = self.facts.revision(publication["revision_id"])
        assert publication["published_at"] == at
        if publication["break_glass_reason"] is not None:
            assert publication["break_glass_reason"].strip()
            assert publication["published_by"] == self.ground.people["alma"].account_id
            return
        assert before.lacking(self.required(before, revision), revision, at) == []
        assert before.objectors(revision) == set()

    def check_history(self) -> None:
        """Nothing that was remembered has changed or gone."""
        for (table, key), row in self.kept.items():
            current = self.facts.tables[table].get(key)
            assert current is not None, (table, key)
            if row.get("ended_at", "") is None:
                ending = {name: current[name] for name in row if name in ENDING}
                assert current == {**row, **ending}
            else:
                assert current == row
        self.kept.update({(table, key): row for table, key, row in self.facts.history()})

    def check_publications(self) -> None:
        """Positions have no gaps, paths no two pages, pages no broken links."""
        tables = ("address", "publication", "publication_sign_off")
        rows = [row for table in tables for _, row in self.rows(table)]
        positions = {row[name] for row in rows for name in ("position", "ended_position")} - {None}
        assert positions == set(range(1, len(positions) + 1))
        assert self.facts.tables["counter"]["position",]["value"] == len(positions)
        live = self.facts.pages()
        assert len({row["edition_id"] for row in live}) == len(live)
        stand = [row for _, row in self.rows("address") if row["ended_position"] is None]
        assert {row["edition_id"] for row in stand} == {row["edition_id"] for row in live}
        assert len({(row["locale"], row["path"]) for row in stand}) == len(live)
        assert list(self.facts.broken_links()) == []
        assert list(self.facts.unseen_people()) == []

    # How they do it.

    def attempt(
        self, who: str, command: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any
    ) -> Outcome:
        """Let somebody do something, a second after the last thing, and check all of it."""
        self.clock += timedelta(seconds=1)
        actor, moment, ground = self.ground.people[who], self.clock, self.ground

        async def run() -> Outcome:
            try:
                async with desk_of(ground.database, self.site).work(actor, moment) as work:
                    result = await command(work, *args, **kwargs)
            except Refused as refused:
                return Outcome(None, frozenset(each.code for each in refused.errors), moment)
            return Outcome(result, frozenset(), moment)

        done = ground.runner.run(run())
        before = self.facts
        self.facts = before.followed_by(ground.runner.run(ground.books.read()))
        self.check(before, done)
        return done

    def write(
        self, who: str, command: Callable[..., Awaitable[Any]], page: Page, back: int, value: Any
    ) -> None:
        """Save, and see that whoever started from an old revision overwrites nothing."""
        base, head = self.revision(page, back)["id"], self.revision(page, 0)["id"]
        done = self.attempt(who, command, page[0], value, base_revision=base, locale=page[1])
        if not done.codes & {"NOT_ALLOWED", "NOT_FOUND", "ARCHIVED"}:
            assert done.codes == ({"STALE_REVISION"} if base != head else set())

    def judge(
        self,
        who: str,
        command: Callable[..., Awaitable[Any]],
        page: Page,
        revision: Row,
        **values: Any,
    ) -> None:
        """Sign off or ask for changes, and see that nobody judges their own work."""
        before = self.facts
        digest = revision["digest"]
        done = self.attempt(who, command, page[0], digest=digest, locale=page[1], **values)
        same = [row for row in before.revisions_of(*page) if row["digest"] == digest]
        public = [before.revision(row["revision_id"]) for row in before.live()]
        live = [row for row in public if row in same]
        if not done.codes or "OWN_WORK" in done.codes:
            actor = self.ground.people[who]
            own = before.contributors((live or same)[-1])
            assert ("OWN_WORK" in done.codes) is bool(own & {actor.account_id, actor.person_id})
            signed = before.rows("sign_off", digest=digest, account_id=actor.account_id)
            assert before.open_review(revision["edition_id"]) or live or signed

    def rows(self, table: str) -> Iterator[tuple[tuple[Any, ...], Row]]:
        yield from self.facts.tables[table].items()

    def revision(self, page: Page, back: int) -> Row:
        """Return one of a page's revisions; of a page that is gone, one that never was."""
        revisions = self.facts.revisions_of(*page)
        return revisions[max(-back - 1, -len(revisions))] if revisions else NOTHING

    def required(self, facts: Facts, revision: Row) -> Sequence[Row]:
        """Return the stages of the policy as it is, and those of the newest review."""
        content_type = "Page" if revision is NOTHING else revision["content"]["type"]
        stages = self.site.content_type(content_type).policy.stages
        now_asked = [{"name": each.name, "approvals": each.approvals} for each in stages]
        return [*now_asked, *facts.stages_asked_for(revision["edition_id"])]

    def policy_names(self) -> set[str]:
        return {each.name for each in self.site.content_type("Page").policy.stages}

    def lacking(self, revision: Row) -> Sequence[str]:
        if revision is NOTHING:
            return ()
        return self.facts.lacking(self.required(self.facts, revision), revision, self.clock)

    def page_of(self, done: Outcome) -> Any:
        if done.result is None:
            return multiple()
        edition = self.facts.tables["edition"][done.result.revision.edition_id,]
        return (edition["entry_id"], edition["locale"])


# What ends a fact, and what derives from others while it is open.
ENDING = {
    *("ended_at", "ended_position", "outcome", "ended_by", "end_cause"),
    *("reviewed_at", "due_at", "reviewers"),
}
NOTHING: Row = {"id": "rev_" + "0" * 26, "edition_id": "", "number": 0, "digest": ""}


def names(stages: Sequence[Row]) -> set[str]:
    return {stage["name"] for stage in stages}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_public_without_the_sign_offs_it_takes(kind: str, templates: Templates) -> None:
    with asyncio.Runner() as runner:
        ground = Ground(kind, templates, runner)
        runner.run(ground.prepare())
        try:
            # Anything that makes a machine will do, whatever its types say.
            machine: Any = partial(Editing, ground)
            run_state_machine_as_test(machine, settings=SETTINGS)
        finally:
            runner.run(ground.remove())
