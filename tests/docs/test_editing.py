"""The page on editing is true: its queries are valid, and done in turn they publish a page."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import click
import orjson
import pytest
from _pytest.mark import ParameterSet
from graphql import GraphQLSchema, OperationDefinitionNode, parse, validate

from cms.access.accounts import find_account
from cms.access.passwords import prepare_password, set_password
from cms.authorization.actor import ANONYMOUS, OPERATOR, Actor
from cms.copydesk import desk_of
from cms.ledger.attestation import verify_attestation
from cms.review.standing import STATES
from cms.storage.database import Database
from graphql_api import cli
from graphql_api.delivery import Delivery
from graphql_api.http.limits import MANAGEMENT_LIMITS, Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from seeds.site import site
from tests.builders import Newsroom
from tests.docs.test_docs import DOCS, ROOT, blocks, code, rows
from tests.schemas import delivery_schema_of, management_schema_of

PAGE = DOCS / "editing.md"
DELIVERY = delivery_schema_of(site)
MANAGEMENT = management_schema_of(site)

# The people of a newsroom.
BYLINES = 7

# What one types to ask the other API, as the pages say it.
_OF_DELIVERY, _OF_MANAGEMENT = "# POST /graphql\n", "# POST /manage/graphql\n"


def documents() -> Iterator[ParameterSet]:
    """Yield the schema and the text of every GraphQL document of the pages."""
    for file in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        for number, document in enumerate(blocks(file, "graphql"), 1):
            other = _OF_DELIVERY if file == PAGE else _OF_MANAGEMENT
            is_managed = (file == PAGE) is not document.startswith(other)
            schema = MANAGEMENT if is_managed else DELIVERY
            yield pytest.param(schema, document, id=f"{file.name}-{number}")


OPERATIONS: Mapping[str, str] = {
    operation.name.value: document
    for document in blocks(PAGE, "graphql")
    for operation in parse(document).definitions
    if isinstance(operation, OperationDefinitionNode) and operation.name is not None
}


@pytest.mark.parametrize(("schema", "document"), list(documents()))
def test_every_document_is_valid(schema: GraphQLSchema, document: str) -> None:
    assert [error.message for error in validate(schema, parse(document))] == []


def test_everything_that_only_editors_can_ask_for_is_named() -> None:
    page = PAGE.read_text()
    own = {
        name
        for root in ("Query", "Mutation", "Subscription")
        for name in fields_of(MANAGEMENT, root) - fields_of(DELIVERY, root)
    }
    typed = {f"{verb}{name}" for verb in ("create", "update") for name in site.content_types}
    typed |= {
        f"{verb}{each.plural}"
        for verb in ("create", "update")
        for each in site.content_types.values()
    }
    assert {name for name in own - typed if not re.search(rf"\b{name}\b", page)} == set()


def fields_of(schema: GraphQLSchema, type_name: str) -> set[str]:
    return set(getattr(schema.get_type(type_name), "fields", ()))


def test_every_state_is_documented() -> None:
    assert {code(name) for name, _ in rows("editing.md", "## States")} == set(STATES)


def test_every_limit_that_is_wider_is_documented() -> None:
    documented = {
        code(name): int(most.replace(",", "")) for name, most in rows("editing.md", "## Limits")
    }
    names = [each.name for each in fields(Limits)]
    wider = {name: getattr(MANAGEMENT_LIMITS, name) for name in names}
    assert documented == {k: v for k, v in wider.items() if v != getattr(Limits(), k)}


def commands() -> Iterator[str]:
    """Yield every command that the pages show."""
    for file in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        for block in blocks(file, "console"):
            yield from re.findall(r"^\$ copydesk (.*)$", block, flags=re.MULTILINE)
    yield from re.findall(r"^\| `copydesk ([a-z]+ [^`]+)` \|", PAGE.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("line", list(commands()))
def test_every_command_that_is_shown_exists(line: str) -> None:
    arguments = shlex.split(line.partition(" > ")[0])
    command: click.Command = cli.main
    while isinstance(command, click.Group):
        command = command.commands[arguments.pop(0)]
    command.make_parser(click.Context(command)).parse_args(arguments)


@pytest.mark.parametrize("source", blocks(PAGE, "python"))
def test_its_python_runs(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mine,) = blocks(ROOT / "README.md", "python")
    (tmp_path / "my_site.py").write_text(mine)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_site", raising=False)
    exec(source, {"__name__": "my_app"})  # noqa: S102  # the page's own


@dataclass
class Desk:
    """Asks what the page asks, and remembers what was asked.

    Attributes:
        newsroom: the people.
        management: what answers them.
        delivery: what answers readers.
        asked: the names of the operations so far.
    """

    newsroom: Newsroom
    management: Management
    delivery: Delivery
    asked: set[str] = field(default_factory=set)

    async def ask(self, actor: Actor, name: str, /, **variables: Any) -> dict[str, Any]:
        """Return the data of one of the page's operations."""
        self.asked.add(name)
        request = GraphQLRequest(OPERATIONS[name], None, variables)
        response = orjson.loads((await self.management.answer(request, actor, "192.0.2.1")).body)
        assert "errors" not in response
        data: dict[str, Any] = response["data"]
        return data

    async def do(self, actor: Actor, name: str, /, **variables: Any) -> dict[str, Any]:
        """Return the payload of one of the page's mutations, which has to succeed."""
        (payload,) = (await self.ask(actor, name, **variables)).values()
        assert payload["errors"] == []
        done: dict[str, Any] = payload
        return done

    async def read(self, name: str) -> dict[str, Any]:
        """Return the data of one of the page's operations on the delivery API."""
        self.asked.add(name)
        request = GraphQLRequest(OPERATIONS[name], None, {})
        data: dict[str, Any] = orjson.loads((await self.delivery.answer(request)).body)["data"]
        return data


@pytest.fixture
async def desk(database: Database) -> Desk:
    """The people of a newsroom, at the demo's site, which is empty."""
    newsroom = Newsroom(database, site)
    await newsroom.hire()
    management = Management(desk_of(database, site), MANAGEMENT)
    return Desk(newsroom, management, Delivery(site, DELIVERY, database.reader))


async def test_done_in_turn_it_publishes_a_page(desk: Desk) -> None:
    room = desk.newsroom
    entry_id, head = await _write(desk)
    await _talk(desk, entry_id, head["id"])
    await _review(desk, entry_id, head)
    check = await desk.ask(room.publisher, "Check", entryId=entry_id)
    assert all(gate["passed"] or gate["isWarning"] for gate in check["checkPublish"])
    chosen = {"entryId": entry_id, "revisionId": head["id"]}
    tried = await desk.do(room.publisher, "Publish", **chosen, dryRun=True)
    assert (tried["publication"], tried["impact"]["newPath"]) == (None, "/glossary/dropout")
    published = await desk.do(room.publisher, "Publish", **chosen)
    assert published["publication"]["path"] == "/glossary/dropout"
    assert published["entry"]["state"] == "PUBLISHED"
    redirected = await desk.do(room.publisher, "Redirect")
    assert redirected["redirect"]["entry"]["path"] == "/glossary/dropout"
    await _prove(desk, head["digest"])
    await _sign_in(desk)
    await _look_back(desk)
    await _work_in_bulk(desk)
    await _invalidate(desk)
    await _arrange(desk)
    assert OPERATIONS.keys() - desk.asked == {"Changes"}  # a subscription; it is only validated


async def _write(desk: Desk) -> tuple[str, dict[str, Any]]:
    """Create a page, update it twice, once with a conflict; return its id and newest revision."""
    room = desk.newsroom
    created = await desk.do(room.author, "Create", title="Dropout")
    entry_id, first = created["entry"]["id"], created["revision"]["id"]
    assert created["entry"]["state"] == "DRAFT"
    given = {
        "entryId": entry_id,
        "baseRevision": first,
        "values": {"body": "Switches off *random* activations."},
        "key": "first text",
    }
    second = await desk.do(room.author, "Update", **given)
    assert await desk.do(room.author, "Update", **given) == second
    compared = await desk.ask(room.author, "Compare", old=first, new=second["revision"]["id"])
    assert compared["compareRevisions"]["isMaterial"]
    late = {"summary": "Against overfitting.", "level": "BASIC"}
    payload = await desk.ask(
        room.second_author, "Update", entryId=entry_id, baseRevision=first, values=late
    )
    (stale,) = payload["updateGlossaryTerm"]["errors"]
    assert (stale["code"], stale["merge"]["hasConflicts"]) == ("STALE_REVISION", False)
    merged = await desk.do(
        room.second_author,
        "Update",
        entryId=entry_id,
        baseRevision=stale["headRevision"]["id"],
        values=stale["merge"]["values"],
    )
    return entry_id, merged["revision"]


async def _talk(desk: Desk, entry_id: str, revision_id: str) -> None:
    room = desk.newsroom
    said = await desk.do(room.reviewers[0], "Comment", entryId=entry_id, revisionId=revision_id)
    assert said["comment"]["quote"] == "Switches"
    await desk.do(room.reviewers[0], "Announce", entryId=entry_id)


async def _review(desk: Desk, entry_id: str, head: Mapping[str, Any]) -> None:
    room = desk.newsroom
    reviewer = room.reviewers[0]
    refused = await desk.ask(room.publisher, "Publish", entryId=entry_id, revisionId=head["id"])
    assert [each["code"] for each in refused["publishEntry"]["errors"]] == ["MISSING_SIGN_OFF"]
    asked = await desk.do(
        room.author,
        "RequestReview",
        entryId=entry_id,
        baseRevision=head["id"],
        assignees=[reviewer.account_id],
        dueAt="2999-12-31T12:00:00Z",
    )
    assert asked["reviewRequest"]["entry"]["state"] == "IN_REVIEW"
    board = await desk.ask(reviewer, "Board")
    assert board["entries"]["facets"] == [{"value": "IN_REVIEW", "count": 1}]
    (waiting,) = (await desk.ask(reviewer, "Desk"))["myQueue"]
    assert waiting["isAssignedToMe"]
    signed = await desk.do(
        reviewer,
        "SignOff",
        entryId=entry_id,
        digest=waiting["entry"]["revision"]["digest"],
    )
    assert signed["entry"]["state"] == "APPROVED"


async def _prove(desk: Desk, digest: str) -> None:
    entry = (await desk.read("Proof"))["entry"]
    key = desk.newsroom.database.key_file.load().public_key_pem()
    content = entry["revision"]["content"]
    (signed,) = entry["review"]["signOffs"]
    for attestation in (entry["attestation"], signed["attestation"]):
        assert verify_attestation(attestation["envelope"], content, key).digest == digest


async def _sign_in(desk: Desk) -> None:
    password = "correct horse battery staple"
    prepared = await prepare_password(password)
    email = "pia.publisher@example.org"
    async with desk.newsroom.as_(OPERATOR) as work:
        account = await find_account(work.session, email)
        assert account is not None
        await set_password(work, account.id, prepared)
    signed_in = await desk.do(ANONYMOUS, "SignIn", email=email, password=password)
    assert signed_in["accessToken"].startswith("copydesk_access_")


async def _work_in_bulk(desk: Desk) -> None:
    """Create, change, review, publish and unpublish two pages at once."""
    room = desk.newsroom
    category_id = await _publish_category(desk, "Basics")
    wanted = [{"values": {"title": each}} for each in ("Bias", "Epoch")]
    made = await desk.do(room.author, "CreateMany", entries=wanted, key="two new ones")
    ids = [each["entryId"] for each in made["results"]]

    def heads(payload: Any) -> list[dict[str, Any]]:
        return [each["revision"] for each in payload["results"]]

    def on_top(payload: Any) -> list[dict[str, Any]]:
        pairs = zip(ids, heads(payload), strict=True)
        return [{"entryId": each, "baseRevision": head["id"]} for each, head in pairs]

    values = {"body": "A *word*.", "level": "BASIC"}
    bases = on_top(made)
    given = {"entries": [{**each, "values": values} for each in bases], "key": "two at once"}
    saved = await desk.do(room.author, "UpdateMany", **given)
    assert await desk.do(room.author, "UpdateMany", **given) == saved
    tagged = await desk.do(room.author, "TagMany", entries=on_top(saved))
    moving = {"entries": on_top(tagged), "category": category_id}
    moved = await desk.do(room.author, "MoveMany", **moving)
    assert [each["entry"]["category"]["name"] for each in moved["results"]] == ["Basics"] * 2
    await desk.do(room.author, "ReviewMany", entries=on_top(moved))
    digests = zip(ids, heads(moved), strict=True)
    signing = [{"entryId": each, "digest": head["digest"]} for each, head in digests]
    signed = await desk.do(room.reviewers[1], "SignOffMany", entries=signing)
    assert [each["entry"]["state"] for each in signed["results"]] == ["APPROVED"] * 2
    revisions = zip(ids, heads(moved), strict=True)
    publishing = [{"entryId": each, "revisionId": head["id"]} for each, head in revisions]
    published = await desk.do(room.publisher, "PublishMany", entries=publishing)
    assert [each["publication"]["path"] for each in published["results"]] == [
        "/glossary/bias",
        "/glossary/epoch",
    ]
    ending = [{"entryId": each} for each in ids]
    ended = await desk.do(room.publisher, "UnpublishMany", entries=ending)
    assert all(each["publication"]["endedAt"] for each in ended["results"])


async def _invalidate(desk: Desk) -> None:
    """Take a sign-off of an account that was taken over off a public page."""
    room = desk.newsroom
    ended = await desk.do(
        room.administrator,
        "Invalidate",
        accountId=room.reviewers[0].account_id,
        since="2000-01-01T00:00:00Z",
    )
    assert ended["signOffCount"] == 1
    (due,) = pages_in((await desk.ask(room.author, "Upkeep"))["reviewDue"])
    assert due["publication"]["path"] == "/glossary/dropout"


async def _arrange(desk: Desk) -> None:
    """Publish a category and a parent for it, and move it there."""
    room = desk.newsroom
    category_id = await _publish_category(desk, "Training")
    parent = await desk.do(room.publisher, "CreateCategory", name="Foundations")
    moving = {"categoryId": category_id, "parent": parent["entry"]["id"]}
    refused = await desk.ask(room.publisher, "MoveCategory", **moving, dryRun=True)
    assert [each["code"] for each in refused["moveCategory"]["errors"]] == [
        "REFERENCED_ENTRY_NOT_PUBLIC"
    ]
    await _publish_created(desk, parent)
    tried = await desk.do(room.publisher, "MoveCategory", **moving, dryRun=True)
    assert (tried["category"], tried["treePath"]) == (None, "foundations/training")
    moved = await desk.do(room.publisher, "MoveCategory", **moving)
    assert moved["category"] == {
        "treePath": "foundations/training",
        "ancestors": [{"name": "Foundations"}],
    }
    assert moved["moves"] == []


async def _publish_category(desk: Desk, name: str) -> str:
    created = await desk.do(desk.newsroom.publisher, "CreateCategory", name=name)
    assert created["entry"]["state"] == "DRAFT"
    return await _publish_created(desk, created)


async def _publish_created(desk: Desk, created: Mapping[str, Any]) -> str:
    """Have the first revision of a category signed off and published; return its id."""
    room, head = desk.newsroom, created["revision"]
    entry_id: str = created["entry"]["id"]
    base = {"entryId": entry_id, "baseRevision": head["id"]}
    await desk.do(room.publisher, "RequestReview", **base, assignees=None, dueAt=None)
    await desk.do(room.reviewers[1], "SignOff", entryId=entry_id, digest=head["digest"])
    chosen = {"entryId": entry_id, "revisionId": head["id"]}
    published = await desk.do(room.publisher, "Publish", **chosen)
    assert published["entry"]["state"] == "PUBLISHED"
    return entry_id


async def _look_back(desk: Desk) -> None:
    room = desk.newsroom
    issued = await desk.do(room.author, "IssueToken")
    assert issued["secret"].startswith("copydesk_service_")
    entries = await desk.ask(room.administrator, "Audit")
    assert [each["action"] for each in entries["audit"]["nodes"]] == ["ENTRY_PUBLISH"]
    entry_id = entries["audit"]["nodes"][0]["detail"]["entry"]
    history = await desk.ask(room.author, "History", entryId=entry_id)
    assert len(history["entry"]["revisions"]["nodes"]) == 3
    assert [each["label"] for each in history["blame"]] != []
    invalidated = await desk.do(
        room.administrator,
        "Invalidate",
        accountId=room.reviewers[1].account_id,
        since="2020-01-01T00:00:00Z",
    )
    assert invalidated["signOffCount"] == 0
    upkeep = await desk.ask(room.author, "Upkeep")
    assert {name: pages_in(found) for name, found in upkeep.items()} == {
        "reviewDue": [],
        "staleReviews": [],
    }
    # The bylines have no sign-offs: they are the first content of the site.
    assert len(upkeep["reviewDue"]) == len(upkeep["staleReviews"]) == BYLINES


def pages_in(due: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the publications that are due, without bylines."""
    return [each for each in due if each["publication"]["entry"]["type"] != "Person"]
