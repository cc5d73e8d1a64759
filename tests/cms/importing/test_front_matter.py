"""A content file that cannot be read names the file, the line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cms.errors import ContentFileError
from cms.importing.front_matter import read_markdown

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
        ("---\ntitle: x\n  bad: [\n---\n", 3, "mapping values are not allowed here"),
        ("---\ntitle: x\ntags: [a, b\n---\n", 3, "expected ',' or ']'"),
        ("---\ntitle: x\n\ntitle: y\n---\n", 4, "the key 'title' is repeated"),
        ("---\n- a\n---\n", 2, "expected keys with values"),
        ("---\na: &x [1]\nb: *x\n---\n", 3, "aliases are not supported"),
        ("---\na: x\nb: 2023-02-30\n---\n", 3, "day is out of range for month"),
        ("---\na: x\nb: [1, !!int x]\n---\n", 3, "invalid literal for int()"),
        ("---\na: {b: .nan}\n---\n", 2, ".nan is not a finite number"),
        ("---\na: !!python/object/apply:os.system [ls]\n---\n", 2, "could not determine"),
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
