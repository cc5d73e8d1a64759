"""A package with a plugin, installed by path, is used by a site and all that belongs to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
RECALL = Path(__file__).parent / "recall"

SITE = """\
from cms import ContentType, Markdown, Site, installed_plugins


class Guide(ContentType, path="/guides/{slug}"):
    \"\"\"A buyers' guide.\"\"\"

    body = Markdown(required=True)


site = Site(
    "Shop", content_types=[Guide], url="https://shop.example", plugins=installed_plugins()
)
"""
# Runs several commands, since each process takes seconds to start.
SHELL = """\
import json, sys
from click.testing import CliRunner
from graphql_api.cli import main

results = [CliRunner().invoke(main, each, input=sys.argv[2]) for each in json.loads(sys.argv[1])]
print(json.dumps([(each.exit_code, each.output) for each in results]))
"""
CSV = "product,instructions\nKettle,Do not use it.\nLamp,Unplug it.\n"
OFFICER, AUTHOR = "officer@shop.example", "author@shop.example"
CREATE = """mutation($input: CreateRecallNoticeInput!) { createRecallNotice(input: $input) {
  entry { id type }
  errors { code message ... on PluginRefused { plugin } }
} }"""
CHECK = "query($id: ID!) { checkPublish(entryId: $id) { gate passed errors { code path } } }"
GRANTS = "{ me { account { grants { role roleName } } } }"


@dataclass(frozen=True)
class Shop:
    """A site that uses the plugin, in a folder of its own.

    Attributes:
        folder: the folder.
        environment: the environment in which its commands run.
    """

    folder: Path
    environment: Mapping[str, str]

    def run(self, *commands: Sequence[str], typed: str = "") -> list[tuple[int, str]]:
        """Run ``copydesk`` with each of these arguments; return exit codes and what is printed."""
        done = subprocess.run(  # noqa: S603  # our own
            [sys.executable, "-c", SHELL, json.dumps(commands), typed],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [(code, printed) for code, printed in json.loads(done.stdout)]

    def output(self, *commands: Sequence[str], typed: str = "") -> list[str]:
        """Return what commands print, which have to succeed."""
        results = self.run(*commands, typed=typed)
        assert [each for each in results if each[0] != 0] == []
        return [printed for _, printed in results]

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it, and give its address."""
        server = subprocess.Popen(  # our own
            [sys.executable, "-c", "from graphql_api.cli import main; main()", "serve"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            address = re.search(r"http://[\d.:]+", line)
            assert address is not None, line + server.stdout.read()
            yield address[0]
        finally:
            server.terminate()
            server.communicate()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A site in whose environment the package is installed."""
    folder = tmp_path_factory.mktemp("shop")
    packages = folder / "packages"
    subprocess.run(  # noqa: S603  # our own
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--no-index"),
            *("--target", str(packages), str(RECALL)),
        ],
        check=True,
    )
    (folder / "shop.py").write_text(SITE)
    (folder / "recalls.csv").write_text(CSV)
    outside = {name: value for name, value in os.environ.items() if "COPYDESK" not in name}
    made = Shop(
        folder,
        {
            **outside,
            "PYTHONPATH": os.pathsep.join((str(packages), str(ROOT))),
            "COPYDESK_SITE": "shop:site",
            "COPYDESK_DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
            "COPYDESK_SIGNING_KEY": str(folder / "shop.key"),
            "COPYDESK_PORT": "0",
        },
    )
    made.output(
        ["migrate"],
        *(
            ["account", "create", email, "--name", email, "--role", role]
            for email, role in ((OFFICER, "recall:officer"), (AUTHOR, "author"))
        ),
        typed="correct horse battery staple\n",
    )
    return made


def ask(address: str, email: str, query: str, **variables: Any) -> Any:
    """Return the data of a response to the account with this address."""
    response = httpx2.post(
        f"{address}/manage/graphql",
        json={"query": query, "variables": variables},
        headers={"X-Signed-In-As": email},
    ).json()
    assert "errors" not in response, response
    return response["data"]


def test_its_commands_and_importers_are_at_the_shell(shop: Shop) -> None:
    listed, help_, announced, importer, dry, done, schema, accounts = shop.output(
        ["--help"],
        ["recall", "--help"],
        ["recall", "announce", "Toaster", "--instructions", "Bring it back."],
        ["import", "recall:csv", "--help"],
        ["import", "recall:csv", "recalls.csv", "--dry-run"],
        ["import", "recall:csv", "recalls.csv"],
        ["schema", "delivery"],
        ["account", "list"],
    )
    assert "recall " in listed
    assert "Draft the notice of a recall." in help_
    assert re.fullmatch(r"Drafted entry_\w+\.\n", announced)
    assert "Draft a notice for each row" in importer
    assert dry == "Drafted 2 notices.\nDry run: nothing has been changed.\n"
    assert done == "Drafted 2 notices.\n"
    assert "type RecallNotice implements" in schema
    assert f"{OFFICER}  recall:officer" in accounts


def test_its_types_gates_rights_reactions_and_routes_are_served(shop: Shop) -> None:
    with shop.served() as address:
        page = httpx2.get(f"{address}/.well-known/recalls.txt")
        assert page.text == "Recalls of Shop: see https://shop.example/recalls.\n"
        assert "content-security-policy" in page.headers
        assert httpx2.get(f"{address}/.well-known/recalls.txt.asc").status_code == 404

        grants = ask(address, OFFICER, GRANTS)["me"]["account"]["grants"]
        assert grants == [{"role": "RECALL_OFFICER", "roleName": "recall:officer"}]

        given = {"values": {"title": "Recall", "product": "Kettle", "instructions": "Stop."}}
        refused = ask(address, AUTHOR, CREATE, input=given)["createRecallNotice"]
        (error,) = refused["errors"]
        assert (error["code"], error["plugin"]) == ("PLUGIN_REFUSED", "recall")
        assert "recall:write requires the role administrator or recall:officer" in error["message"]
        assert refused["entry"] is None

        made = ask(address, OFFICER, CREATE, input=given)["createRecallNotice"]
        assert (made["errors"], made["entry"]["type"]) == ([], "RecallNotice")
        checks = ask(address, OFFICER, CHECK, id=made["entry"]["id"])["checkPublish"]
        assert [each["gate"] for each in checks if not each["passed"]] == [
            "SIGN_OFF",
            "RECALL_SUMMARY",
        ]
        assert checks[-1]["errors"] == [{"code": "GATE_FAILED", "path": ["summary"]}]


def test_a_package_that_cannot_be_loaded_is_named_in_a_sentence(shop: Shop, tmp_path: Path) -> None:
    broken = tmp_path / "copydesk_broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: copydesk-broken\nVersion: 1.0\n")
    (broken / "entry_points.txt").write_text("[copydesk]\nbroken = no_such_module\n")
    path = os.pathsep.join((str(tmp_path), shop.environment["PYTHONPATH"]))
    other = Shop(shop.folder, {**shop.environment, "PYTHONPATH": path})
    ((code, printed),) = other.run(["serve"])
    sentence = (
        "Error: the plugin 'broken' of copydesk-broken cannot be loaded: "
        "ModuleNotFoundError: No module named 'no_such_module' "
        f"({shop.folder / 'shop.py'}, line 11)\n"
    )
    assert (code, printed) == (1, sentence)


def test_two_packages_of_one_name_are_refused_in_a_sentence(shop: Shop, tmp_path: Path) -> None:
    twin = tmp_path / "other_recall-1.0.dist-info"
    twin.mkdir()
    (twin / "METADATA").write_text("Metadata-Version: 2.1\nName: other-recall\nVersion: 1.0\n")
    (twin / "entry_points.txt").write_text("[copydesk]\nrecall = json\n")
    path = os.pathsep.join((str(tmp_path), shop.environment["PYTHONPATH"]))
    other = Shop(shop.folder, {**shop.environment, "PYTHONPATH": path})
    ((code, printed),) = other.run(["migrate"])
    assert (code, printed.count("\n")) == (1, 1)
    assert "two plugins have the name 'recall'; remove one of them" in printed
