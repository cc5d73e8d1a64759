"""Words: the columns with texts that people wrote, and the values that a purge leaves in them.

Each column of text or JSON is in one of the two tables of this module. The triggers of the
database have :data:`EMPTIED` too: the tombstone of a row permits these values, and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import inspect

from cms.tables import Base

# In place of an e-mail address, which is unique and never null: the id of the account.
OWN_ID: Final = object()
# The time of the purge.
PURGE_TIME: Final = object()

# The columns that a purge empties, by table, with the value that it leaves. A null stays null.
EMPTIED: Final[Mapping[str, Mapping[str, object]]] = {
    "account": {"email": OWN_ID, "password_hash": None, "purged_at": PURGE_TIME},
    "address": {"path": None, "url": ""},
    "change_request": {"reason": ""},
    "comment": {"body": "", "quote": "", "before": "", "after": ""},
    "edition": {"path": None, "title_key": None, "slug": None, "changed_at": None},
    "entry": {"singleton": None},  # so that there can be another one
    "imported_file": {"source": "", "path": None},
    "publication": {
        "title": "",
        "title_key": "",
        "slug": "",
        "summary": "",
        "break_glass_reason": "",
        "source": None,
        "claimed_review": None,
        "field_values": None,
        "purged_at": PURGE_TIME,
    },
    "purge": {"reason": ""},
    "review": {"note": ""},
    "revision": {
        "title": "",
        "slug": "",
        "summary": "",
        "note": "",
        "path": None,
        "content": {},
        "purged_at": PURGE_TIME,
    },
    "sign_off": {"note": ""},
    "token": {"name": ""},
}

# Tables whose rows a purge deletes, or empties by other means than as facts.
ERASED: Final[Mapping[str, str]] = {
    "attestation": "of a publication with texts: its statement is emptied, and its hash stays",
    "audit_record": "its detail keeps ids, and loses texts; its hash stays",
    "audit_row": "the salts of purged rows are emptied, and the hashes stay",
    "category_path": "derives from slugs, and is derived again",
    "client_mutation": "the answers of the last day are emptied",
    "link": "part of a revision: deleted with its words",
    "look": "deleted with an edition or an account",
    "presence": "deleted with an edition or an account",
    "rendition": "derives from a revision: deleted",
    "revision_tag": "part of a revision: deleted with its words",
    "search_document": "derives from a revision: deleted, with its entries of the index",
    "search_gram": "derives from public pages, and nothing that is public is purged",
    "search_word": "derives from public pages, and nothing that is public is purged",
    "tag_count": "derives from public pages, and nothing that is public is purged",
    "throttle": "the attempts at a purged account are deleted",
}

# Tables, and columns of the tables in EMPTIED, without words of people, with the reason. Ids, times
# and numbers are left out.
WITHOUT_WORDS: Final[Mapping[str, str]] = {
    "category_place": "ids",
    "change_request.digest": "digests stay",
    "change_request.end_cause": "a word of the product",
    "comment.field_path": "names of fields",
    "counter": "names of counters",
    "edition.locale": "declared by the site",
    "edition_contributor": "ids",
    "edition.content_type": "declared by the site",
    "entry.content_type": "declared by the site",
    "address.content_type": "declared by the site",
    "address.locale": "declared by the site",
    "imported_file.locale": "declared by the site",
    "link_metric": "ids and numbers",
    "link_metric_run": "numbers, digests, and what the site declares",
    "position": "nonces",
    "publication.basis": "a word of the product",
    "publication.content_type": "declared by the site",
    "publication.locale": "declared by the site",
    "publication.reviewers": "ids",
    "publication_sign_off": "ids",
    "publication_stage": "declared by the site",
    "purge.keys": "ids",
    "review.outcome": "a word of the product",
    "review.stages": "declared by the site",
    "review_assignee": "ids",
    "revision.digest": "digests stay",
    "revision.translated_from": "an id",
    "role_grant": "declared by the site",
    "sign_off.digest": "digests stay",
    "sign_off.end_cause": "a word of the product",
    "sign_off.stage": "declared by the site",
    "type_version": "declared by the site",
    "token.hash": "of a random secret, which is revoked",
    "token.kind": "a word of the product",
    "token.scopes": "actions",
    "tombstone": "names of tables, ids, hashes",
}


def emptied_values(row: Base, now: datetime) -> Mapping[str, object]:
    """Return the columns of a row that a purge changes, with the values that it leaves.

    Args:
        row: the row.
        now: the time of the purge.
    """
    columns, stored = row.__table__.columns, inspect(row).dict
    made = {OWN_ID: stored.get("id"), PURGE_TIME: now}
    return {
        name: made[value] if value in (OWN_ID, PURGE_TIME) else value
        for name, value in EMPTIED[row.__tablename__].items()
        if value in (None, PURGE_TIME) or not columns[name].nullable or stored.get(name) is not None
    }
