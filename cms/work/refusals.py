"""Refusals of commands: a line of the security log and a count, never a record of the ledger."""

from __future__ import annotations

import logging
from collections import Counter

from cms.authorization.actor import Actor
from cms.errors import Refused
from cms.identifiers import kind_of

_log = logging.getLogger("copydesk.security")

# Number of refusals since the process started, by action and code.
refusals: Counter[tuple[str, str]] = Counter()


def note_refusal(
    actor: Actor, action: str, arguments: tuple[object, ...], refused: Refused
) -> None:
    """Log a refusal and count it.

    Only codes and ids are logged: a name or a text can be anything, even a secret.

    Args:
        actor: the actor that was refused.
        action: the action of the command.
        arguments: the positional arguments of the command, of which the first id is logged.
        refused: the refusal.
    """
    subject = next((each for each in arguments if isinstance(each, str) and kind_of(each)), "-")
    for code in sorted({error.code for error in refused.errors}):
        refusals[action, code] += 1
        _log.info("refused %s: %s to %s, subject %s", code, action, actor.name, subject)
