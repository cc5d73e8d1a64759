"""A content file that cannot be read names the file, the line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cms.errors import ContentFileError
from cms.importing.front_matter import parse_markdown, read_markdown

GOOD = """---
title: A title
saved: 2026-01-02
tags: [a, b]
---

The body.
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "good.md"
    file.write_text(GOOD)
    read = read_markdown(file)
    assert read.values == {"title": "A title", "saved": "2026-01-02", "tags": ["a", "b"]}
    assert read.lines == {"title": 2, "saved": 3, "tags": 4}
    assert (read.body, read.body_line) == ("The body.", 7)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("title: x\n", 1, "expected front matter"),
        ("---\ntitle: x\n", 1, "expected a --- line"),
        ("---\ntitle: x\n  bad: [\n---\n", 3, "not allowed here; put the value in quotes"),
        (f"+++\na = {[1.5] * 200}\n{'a.' * 100_000}b = 1\n+++\n", 3, "more than 100 parts"),
        ("+++\n" + '"a" . ' * 100_000 + "b = 1\n+++\n", 2, "more than 100 parts"),
        ("---\ntitle: x\ntags:\n- @a\n---\n", 4, "any token; put the value in quotes"),
        ("---\ntitle: x\ntags: [a, b\n---\n", 3, "expected ',' or ']'"),
        ("---\ntitle: x\n\ntitle: y\n---\n", 4, "the key 'title' is repeated"),
        ("---\n- a\n---\n", 2, "expected keys with values"),
        ("---\na: x\nb: 2023-02-30\n---\n", 3, "day is out of range for month"),
        ("---\na: {b: .nan}\n---\n", 2, ".nan is not a finite number"),
        ("+++\na = 1\nb = \n+++\n", 3, "Invalid value"),
        ('---json\n{"a": 1,\n b: 2}\n---\n', 3, "Expecting property name"),
        ("---ts\n{}\n---\n", 1, "the front matter is ts, which cannot be read"),
        *(
            (f"---js\n{script}\n---\n", 2, "the front matter is a script that computes values")
            for script in (
                '{a: "b" + c}',
                """{a: "b" + 'c'}""",
                "{a: new Date()}",
                "{a: new Date(b)}",
                "{a}",
                "{a: `b`}",
                "{a: 'b\\'c'}",
                "{...a}",
                "const a = b;",
                "const a = [1, c];",
                "const a = () => 1;",
                "a()",
                "[1]",
                "{a: !0}",
                "const a = 1; f();",
                "const a = 'b'.trim()",
                "{a: 0x1f}",
                "{a: .5}",
                "{[a]: 1}",
                "{a-b: 1}",
                "{<<: {a: 1}}",
                "{a: 1} /",
                "{a: 'b // c}",
            )
        ),
        (f"---\na: &x [{'1, ' * 300}]\nb: &y [{'*x, ' * 300}]\n---\n", 2, "more than 50,000"),
        (f"---js\n{{a: &x [{'1, ' * 300}],\nb: [{'*x, ' * 300}]}}\n---", 2, "more than 50,000"),
        ("---js\n{a: &x [*x]}\n---\n", 1, "nested too deeply"),
    ],
)
def test_a_fault_has_a_line_and_a_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    file = tmp_path / "bad.md"
    file.write_text(text)
    with pytest.raises(ContentFileError) as fault:
        read_markdown(file)
    assert fault.value.file == file
    assert fault.value.line == line
    assert reason in fault.value.reason
    assert str(fault.value).startswith(f"{file}:{line}: ")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            (
                "---\ntitle: No\ncode: 0755\nversion: 1.10\nsteep: 12:30:45\n"
                "day: 2024-1-5\nnot: ~\n---\n"
            ),
            {
                "title": "No",
                "code": "0755",
                "version": "1.10",
                "steep": "12:30:45",
                "day": "2024-1-5",
                "not": "~",
            },
        ),
        (
            (
                '+++\ntitle = "x"\nversion = 1.10\nat = 2024-01-05T10:00:00Z\ndraft = true\n'
                "[a]\nb = [1]\n+++\n"
            ),
            {
                "title": "x",
                "version": "1.10",
                "at": "2024-01-05T10:00:00Z",
                "draft": "true",
                "a": {"b": ["1"]},
            },
        ),
        (
            '{\n "version": 1.10, "draft": false,\n "a": {"b": [null]}\n}\nBody',
            {"version": "1.10", "draft": "false", "a": {"b": ["null"]}},
        ),
        ('---json\n{"a": 1e3}\n---\n', {"a": "1e3"}),
        (
            '---js\n{a: "b; c", d: [1, true,], "e": \'f\'};\n---\n',
            {"a": "b; c", "d": ["1", "true"], "e": "f"},
        ),
        (
            "---javascript\nconst a = 'b';\n\nlet c = {\n\td: 'x',\n\te: -1,\n}\nvar f = 0\n---\n",
            {"a": "b", "c": {"d": "x", "e": "-1"}, "f": "0"},
        ),
        (
            "---js\n{a: 'b' +\n 'c', d: new Date(\"2024-01-05\"), e: \"'f' + 'g'\"}\n---\n",
            {"a": "bc", "d": "2024-01-05", "e": "'f' + 'g'"},
        ),
        (
            "---js\n// It's a\n{a:1,/* b: 2,\n*/$c:'// d', // e\n'f:g':[{h:\"i\"}]}\n---\n",
            {"a": "1", "$c": "// d", "f:g": [{"h": "i"}]},
        ),
        ("---js\nconst a = 'b'; // c\nlet d = 1 /* e */\n---\n", {"a": "b", "d": "1"}),
        ("---\n---\nBody", {}),
        ("No front matter", {}),
        ("---\nA line, and no front matter", {}),
        ("---\na: &x {b: c}\nd: *x\ne: {<<: *x, f: g}\n---\n", None),
        ("---\na: !!python/object/apply:os.system [ls]\n---\n", {"a": ["ls"]}),
    ],
)
def test_values_are_kept_as_they_are_written(text: str, written: dict[str, object] | None) -> None:
    read = parse_markdown(Path("page.md"), text)
    expected = {"a": {"b": "c"}, "d": {"b": "c"}, "e": {"b": "c", "f": "g"}}
    assert read.written == (expected if written is None else written)


def test_the_body_begins_after_the_front_matter() -> None:
    read = parse_markdown(Path("page.md"), '{\n "a": 1\n}\n\nBody')
    assert (read.body, read.body_line, read.has_fences) == ("Body", 5, True)
    plain = parse_markdown(Path("page.md"), "\nBody")
    assert (plain.body, plain.body_line, plain.has_fences) == ("Body", 2, False)


def test_lines_end_as_they_do_in_markdown(tmp_path: Path) -> None:
    file = tmp_path / "good.md"
    file.write_bytes("\ufeff---\r\ntitle: x\r\n---\r\nOne\u2028two\r\nthree\x0c\n".encode())
    assert read_markdown(file).body == "One\u2028two\nthree"


def test_a_file_that_is_no_text_says_where(tmp_path: Path) -> None:
    file = tmp_path / "bad.md"
    file.write_bytes(b"---\ntitle: \xff\n---\n")
    with pytest.raises(ContentFileError, match=r"bad\.md:2: is not UTF-8"):
        read_markdown(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ContentFileError, match="No such file"):
        read_markdown(tmp_path / "none.md")
