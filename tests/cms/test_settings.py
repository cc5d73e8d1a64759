"""A wrong setting is one sentence, which names it and says what to write."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cms.errors import SettingsError
from cms.settings import load_settings
from graphql_api.cli import main

NETWORK = "expected an IP address or network, such as 10.0.0.0/8"
LIMITS = 'expected integers by name as JSON, such as {"cost": 2000000}'


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *(("TRUSTED_PROXIES", each, NETWORK) for each in ("nginx", "10.0.0.1/8", "::1,*", "1.2.3")),
        *(
            (name, value, LIMITS)
            for name in ("LIMITS", "MANAGEMENT_LIMITS")
            for value in ("xx", "", "[]", "7", '{"cost": "much"}', '{"cost": 1.5, "depth": null}')
        ),
        ("PORT", "http", "Input should be a valid integer"),
        ("PORT", "65536", "Input should be less than or equal to 65535"),
        ("STATEMENT_TIMEOUT", "0", "Input should be greater than 0"),
        ("PORT", "\udcff", "Input should be a valid"),
        ("LIMITS", "\udcff", LIMITS),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"COPYDESK_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"COPYDESK_{name}: {message}")
    assert str(refused.value).count("COPYDESK_") == 1


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIMITS", "PORT", "TRUSTED_PROXIES"):
        monkeypatch.setenv(f"COPYDESK_{name}", "xx")
    with pytest.raises(SettingsError, match=r"COPYDESK_PORT.*TRUSTED_PROXIES.*COPYDESK_LIMITS"):
        load_settings()


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_LIMITS", '{"cost": 7, "depth": 3}')
    assert load_settings().limits == {"cost": 7, "depth": 3}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "site = 1\nraise RuntimeError('first\\nsecond')\n",
            "RuntimeError: first second (#, line 2)",
        ),
        ("\nsite = {}['x']\n", "KeyError: 'x' (#, line 2)"),
        ("class A\n", "SyntaxError: expected ':' (#, line 1)"),
        ("  x = 1\n", "IndentationError: unexpected indent (#, line 1)"),
        (
            "import no_such_module\n",
            "ModuleNotFoundError: No module named 'no_such_module' (#, line 1)",
        ),
        ("x = '\0'\n", "SyntaxError: source code string cannot contain null bytes"),
        ("assert False\n", "AssertionError (#, line 1)"),
    ],
)
def test_a_site_that_cannot_be_imported_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    file = tmp_path / "a_broken_site.py"
    file.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, file.stem, raising=False)
    monkeypatch.setenv("COPYDESK_SITE", "a_broken_site:site")
    done = CliRunner().invoke(main, ["schema"])
    assert done.exit_code == 1
    expected = message.replace("#", str(file))
    assert done.stderr.startswith(f"Error: COPYDESK_SITE is 'a_broken_site:site': {expected}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["schema", "migrate", "serve"])
@pytest.mark.parametrize(
    ("declaration", "sentence"),
    [
        (
            "x = Text(requred=True)",
            "Text has no parameter 'requred'; did you mean 'required'? (#, line 4)",
        ),
        ("x = Text", "Person.x: Text is a field kind; write x = Text() (#, line 3)"),
        (
            "x = Text()",
            (
                "Person: the name Person is for the subclass of cms.Person; "
                "write class Person(cms.Person) (#, line 5)"
            ),
        ),
    ],
)
def test_a_site_that_is_refused_is_one_sentence_with_its_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    declaration: str,
    sentence: str,
) -> None:
    file = tmp_path / "a_refused_site.py"
    file.write_text(
        "from cms.content.content_type import ContentType\n"
        "from cms.content.fields import Text; from cms.site import Site\n"
        f"class Person(ContentType):\n    {declaration}\n"
        "site = Site('Docs', content_types=[Person])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, file.stem, raising=False)
    monkeypatch.setenv("COPYDESK_SITE", "a_refused_site:site")
    done = CliRunner().invoke(main, [command])
    assert done.exit_code == 1
    assert done.stderr == f"Error: {sentence.replace('#', str(file))}\n"


def test_a_site_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_SITE", "no_such_module:site")
    done = CliRunner().invoke(main, ["schema"])
    message = "ModuleNotFoundError: No module named 'no_such_module'"
    assert done.stderr == f"Error: COPYDESK_SITE is 'no_such_module:site': {message}\n"
