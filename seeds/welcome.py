"""The welcome text of the demo: ``python -m seeds.welcome``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import click

from cms import Settings, load_settings

QUERY = """\
query Page($path: String = "/glossary/dropout") {
  entry(by: {path: $path}) {
    title
    summary
    basis
    category { name ancestors { name } }
    ... on GlossaryTerm { body { html } sections { heading body { plainText } } }
    linkGroups { label links { label url } }
    incomingLinks(first: 5) { totalCount nodes { source { title path } } }
    review { reviewers { name } signedAt expiresAt }
  }
  siteSettings { brand legal }
  navigation { groups { heading links { label url } } }
}"""

BASES = """\
query Bases {
  signedOff: entry(by: {path: "/glossary/dropout"}) { ...Basis }
  imported: entry(by: {path: "/glossary/softmax"}) { ...Basis }
  signedOffLater: entry(by: {path: "/glossary/logits"}) { ...Basis }
  breakGlass: entry(by: {path: "/errors/nvidia-driver-mismatch"}) { ...Basis }
}

fragment Basis on Entry {
  title
  basis
  importSource
  claimedReview { reviewerNames reviewedOn }
  breakGlassReason
  review { reviewers { name } }
}"""

SIGN_IN = """\
mutation {
  signIn(input: {email: "you@example.org", password: "…"}) { accessToken errors { message } }
}"""

DESK = """\
query Desk {
  myQueue {
    entry { title state }
    reviewRequest { note dueAt assignees { person { name } } }
    lacking { stage missing }
  }
  reviewDue { expiresAt publication { entry { title basis } } }
  entry(by: {path: "/guides/best-budget-gpu"}) {
    state
    public { title revision { number } }
    openReview { changeRequests { reason account { person { name } } } }
    comments(first: 3) { nodes { quote body replies { nodes { body } } } }
    revisions(first: 3) { nodes { number note author { name } } }
  }
}"""


def main() -> None:
    """Print the addresses, how to sign in, and queries to paste."""
    settings = load_settings()
    address = f"http://{settings.host}:{settings.port}"
    commands = "\n".join(f"    {line}" for line in account_commands(settings))
    click.echo(f"""\
Read at {address}/graphql: GraphiQL in a browser, the API for programs.

A query to paste:

{QUERY}

Each page has a basis: its sign-offs, an import, or the reason of an administrator. Ask for them:

{BASES}

Editors work at {address}/manage/graphql. The demo's accounts have no passwords. In another
terminal, in this folder, create an account for yourself; the command prompts for a password
of at least 12 characters:

{commands}

Then sign in at that address:

{SIGN_IN}

Add the token under Headers, as {{"Authorization": "Bearer copydesk_access_…"}}, and query
your review queue, and for the pages that are due for review:

{DESK}
""")


def account_commands(settings: Settings) -> Iterator[str]:
    """Yield what to type to get an account that may do everything, and review."""
    yield "export COPYDESK_SITE=seeds.site:site"
    yield f"export COPYDESK_DATABASE_URL={quote(settings.database_url)}"
    yield (
        f"{quote(str(_copydesk()))} account create you@example.org --name You "
        "--role administrator --role reviewer"
    )


def _copydesk() -> Path:
    """Return where the command is, as one would type it here."""
    command = Path(sys.executable).with_name("copydesk")
    here = Path.cwd()
    return command.relative_to(here) if command.is_relative_to(here) else command


if __name__ == "__main__":
    main()
