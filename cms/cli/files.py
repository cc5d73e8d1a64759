"""Files named on the command line; ``-`` is standard input."""

from __future__ import annotations

import click

from cms.content.canonical_json import Json
from cms.content.strict_json import read_json

FILE = click.Path(allow_dash=True)


def json_in(name: str) -> Json:
    """Return the value in a JSON file.

    Raises:
        click.ClickException: if the file cannot be read or is not JSON.
    """
    try:
        return read_json(_bytes_in(name))
    except ValueError as error:
        raise click.ClickException(f"{name} is not JSON: {error}") from None


def text_in(name: str) -> str:
    """Return the text in a file.

    Raises:
        click.ClickException: if the file cannot be read or is not UTF-8.
    """
    try:
        return _bytes_in(name).decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"{name} is not UTF-8 text") from None


def _bytes_in(name: str) -> bytes:
    try:
        with click.open_file(name, "rb") as file:
            content: bytes = file.read()
    except OSError as error:
        raise click.ClickException(f"{name} cannot be read: {error.strerror}") from None
    return content
