"""Rules of the database: facts that stay, the full-text index, functions, counters."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNTERS = ("attestation", "audit", "people", "position", "slugs", "taxonomy")
# The columns that an update of a fact may change; every other stays as it was inserted.
CHANGING = {
    "account": ("disabled_at", "password_hash"),
    "address": ("ended_at", "ended_position"),
    "attestation": (),
    "audit_record": (),
    "audit_row": (),
    "category_place": ("ended_at", "ended_position"),
    "change_request": ("ended_at", "ended_by", "end_cause"),
    "comment": ("resolved_at", "resolved_by"),
    "edition": (
        *("head_id", "path", "content_type", "category_id", "byline_id", "title_key", "slug"),
        "changed_at",
    ),
    "edition_contributor": (),
    "entry": ("archived_at", "singleton"),
    "imported_file": ("ended_at",),
    # What derives from the revision.
    "link": ("section", "section_anchor", "page_position", "in_block", "host", "path"),
    "position": (),
    "publication": ("ended_at", "ended_position"),
    "publication_sign_off": ("ended_at", "ended_position"),
    "publication_stage": (),
    "purge": (),
    "review": ("ended_at", "outcome"),
    "review_assignee": (),
    "revision": (),
    "revision_tag": (),
    "role_grant": ("revoked_at",),
    "sign_off": ("ended_at", "ended_by", "end_cause"),
    "token": ("last_used_at", "revoked_at"),
    "type_version": (),
    "tombstone": (),
}
# The column that closes a fact. It is set once, together with the other changing columns.
CLOSED_BY = {
    "address": "ended_at",
    "category_place": "ended_at",
    "change_request": "ended_at",
    "imported_file": "ended_at",
    "publication": "ended_at",
    "publication_sign_off": "ended_at",
    "review": "ended_at",
    "role_grant": "revoked_at",
    "sign_off": "ended_at",
}
# Columns of facts that derive from other facts, and change with these until the fact is closed.
DERIVED = {"publication": ("reviewed_at", "due_at", "reviewers", "field_values")}
# The columns with words, and the value that a purge leaves in them. The tombstone of a row permits
# that, and nothing else. In place of an e-mail address comes the id of the account.
ANY, OWN_ID = "*", "id"
EMPTIED: dict[str, dict[str, Any]] = {
    "account": {"email": OWN_ID, "password_hash": None, "purged_at": ANY},
    "address": {"path": None, "url": ""},
    "attestation": {"envelope": {}},
    # A part of the detail is left, which the tombstone has the hash of.
    "audit_record": {"detail": ANY},
    "audit_row": {"salt": ""},
    "change_request": {"reason": ""},
    "comment": {"body": "", "quote": "", "before": "", "after": ""},
    "edition": {"path": None, "title_key": None, "slug": None, "changed_at": None},
    "entry": {"singleton": None},
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
        "purged_at": ANY,
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
        "purged_at": ANY,
    },
    "sign_off": {"note": ""},
    "token": {"name": ""},
}
# Facts that are never deleted. Drafts that were never public or in review can be, with their parts.
KEPT = (
    *(
        "account",
        "address",
        "attestation",
        "audit_record",
        "audit_row",
        "category_place",
        "change_request",
    ),
    *("position", "publication", "publication_sign_off", "publication_stage", "purge"),
    *("review", "review_assignee", "role_grant", "sign_off", "tombstone", "type_version"),
)
# Parts of a revision, which stay as they are once it was public or signed off.
PARTS = ("link", "revision_tag")

REFUSE_CHANGE_ON_POSTGRESQL = """
    create function copydesk_refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception '% rows are facts: no %', tg_table_name, lower(tg_op)
            using errcode = 'restrict_violation';
    end $$
"""
# Whether an update only empties columns of a row that has a tombstone. A row of "audit_row" has
# that of the row that it is the hash of.
IS_PURGE_ON_POSTGRESQL = """
    create function copydesk_is_purge(named text, stored jsonb, changed jsonb)
    returns boolean language plpgsql stable as $$
    declare
        emptied jsonb := '{emptied}'::jsonb -> named;
        names text[] := array(select jsonb_object_keys(emptied));
        owner text := case when named = 'audit_row' then stored ->> 'table_name' else named end;
        own text := case
            when named = 'audit_row' then stored ->> 'key'
            else coalesce(stored ->> 'id', lpad(stored ->> 'sequence', 19, '0'))
        end;
    begin
        return emptied is not null
            and exists (select from tombstone where table_name = owner and key = own)
            and stored - names = changed - names
            and not exists (
                select from jsonb_each(emptied) as column_(name, left_)
                where changed -> name <> stored -> name
                    and left_ <> '"{any}"'
                    and changed -> name
                        <> case when left_ = '"{own}"' then changed -> 'id' else left_ end
            );
    end $$
"""
# Its arguments are the columns that may change.
KEEP_ON_POSTGRESQL = """
    create function copydesk_keep() returns trigger language plpgsql as $$
    begin
        if to_jsonb(old) - tg_argv = to_jsonb(new) - tg_argv then
            return new;
        end if;
        if copydesk_is_purge(tg_table_name, to_jsonb(old), to_jsonb(new)) then
            return new;
        end if;
        raise exception '% rows are facts: no update of these columns', tg_table_name
            using errcode = 'restrict_violation';
    end $$
"""
# Its first argument is the column that closes the row.
CLOSE_ONCE_ON_POSTGRESQL = """
    create function copydesk_close_once() returns trigger language plpgsql as $$
    declare
        derived text[] := array(
            select jsonb_array_elements_text('{derived}'::jsonb -> tg_table_name));
    begin
        if to_jsonb(old) ->> tg_argv[0] is null and to_jsonb(new) ->> tg_argv[0] is not null
            and to_jsonb(old) - derived - tg_argv = to_jsonb(new) - derived - tg_argv then
            return new;
        end if;
        if to_jsonb(old) ->> tg_argv[0] is null and derived <> '{}'
            and to_jsonb(old) - derived = to_jsonb(new) - derived then
            return new;
        end if;
        if copydesk_is_purge(tg_table_name, to_jsonb(old), to_jsonb(new)) then
            return new;
        end if;
        raise exception '% rows are facts: they can only be closed, once', tg_table_name
            using errcode = 'restrict_violation';
    end $$
"""
KEEP_PARTS_ON_POSTGRESQL = """
    create function copydesk_keep_parts() returns trigger language plpgsql as $$
    declare part record;
    begin
        if tg_op = 'DELETE' then part := old; else part := new; end if;
        if exists (select from revision where id = part.revision_id) and (
            exists (select from publication where revision_id = part.revision_id)
            or exists (select from sign_off where revision_id = part.revision_id)) and not (
            tg_op = 'DELETE' and exists (
                select from tombstone where table_name = 'revision' and key = part.revision_id
            )) then
            raise exception '% rows are part of a revision with a history', tg_table_name
                using errcode = 'restrict_violation';
        end if;
        return part;
    end $$
"""
# The words of the columns, each once more, under the number of the row. They are told apart by
# spaces, and what is not ASCII counts as a letter, so no word is split or changed.
INDEX_ON_SQLITE = (
    """
    create virtual table search_index using fts5(
        title, summary, body,
        content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3')
    """,
    """
    create trigger search_document_indexed after insert on search_document begin
        insert into search_index (rowid, title, summary, body)
        values (new.id, new.title, new.summary, new.body);
    end
    """,
    """
    create trigger search_document_not_indexed after delete on search_document begin
        delete from search_index where rowid = old.id;
    end
    """,
)
# A tsvector made of the words as they are, since every parser of PostgreSQL would split some of
# them. The places of the parts lie apart, so that no phrase begins in one and ends in another.
# In PL/pgSQL, which keeps the plan from one statement to the next.
SEARCH_VECTOR_ON_POSTGRESQL = """
    create function copydesk_search_vector(title text, summary text, body text)
    returns tsvector language plpgsql immutable parallel safe strict as $$
    begin
        return (
            select coalesce(string_agg('''' || word || ''':' || place, ' '), '')::tsvector
            from (
                select word, place
                from unnest(string_to_array(title, ' ')) with ordinality as title(word, place)
                union all
                select word, place + 400
                from unnest(string_to_array(summary, ' ')) with ordinality as summary(word, place)
                union all
                select word, place + 1500
                from unnest(string_to_array(body, ' ')) with ordinality as body(word, place)
            ) as words
        );
    end
    $$
"""
# The short ones are in the row itself, where it takes no time to look at them.
VECTORS_ON_POSTGRESQL = {
    "vector": "copydesk_search_vector(title, summary, body)",
    "title_vector": "copydesk_search_vector(title, '', '')",
    "summary_vector": "copydesk_search_vector('', summary, '')",
}
# A cast from text to a time follows the session's settings where the text names no zone, so
# PostgreSQL indexes none. Here every text names one, and what is no time at all is null.
MOMENT_ON_POSTGRESQL = r"""
    create function copydesk_moment(written text)
    returns timestamptz language sql immutable parallel safe strict as $$
        select case
            when written ~ (
                    '^\d{4}-\d\d-\d\dT([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}'
                    '(Z|[+-](0\d|1[0-5]):[0-5]\d)$')
                and jsonb_path_exists(to_jsonb(left(written, 10)), '$.datetime()', '{}', true)
            then written::timestamptz
        end
    $$
"""
# Which collation knows the letters of all scripts is up to the server: from version 17 on
# PostgreSQL has one of its own, and before that the one of the ICU library, with which it is
# mostly built. Without either, the database's own has to do.
COLLATION = """
    select collname from pg_collation where collname in ('pg_c_utf8', 'und-x-icu')
    and collencoding in (-1, pg_char_to_encoding('UTF8')) order by collname limit 1
"""
# They agree on every letter by itself. Only ICU knows that a sigma at the end of a word is
# written in another way and that İ keeps its dot, so both are handled here.
FOLDED_ON_POSTGRESQL = """
    create function copydesk_folded(written text)
    returns text language sql immutable parallel safe strict as $$
        select translate(lower(translate(written, 'İ', 'i') collate "{}"), 'ς', 'σ')
    $$
"""
# Most paths need no escapes, so only the others are taken apart. The characters that need none are
# those of RFC 3986, section 3.3, without the percent sign.
ENCODED_PATH_ON_POSTGRESQL = r"""
    create function copydesk_encoded_path(path text)
    returns text language sql immutable parallel safe strict as $$
        select case
            when path !~ '[^A-Za-z0-9._~/:@!$&''()*+,;=-]' then path
            else (
                select string_agg(
                    case
                        when written !~ '[^A-Za-z0-9._~/:@!$&''()*+,;=-]' then written
                        else regexp_replace(
                            upper(encode(convert_to(written, 'UTF8'), 'hex')), '(..)', '%\1', 'g')
                    end, '' order by place)
                from unnest(string_to_array(path, null)) with ordinality as each(written, place)
            )
        end
    $$
"""


def upgrade() -> None:
    for name in COUNTERS:
        op.execute(f"insert into counter (name, value) values ('{name}', 0)")
    if _is_postgresql():
        _add_rules_to_postgresql()
    else:
        _add_rules_to_sqlite()


def downgrade() -> None:
    op.execute("delete from counter")
    if _is_postgresql():
        _remove_rules_from_postgresql()
    else:
        _remove_rules_from_sqlite()


def _add_rules_to_sqlite() -> None:
    for statement in INDEX_ON_SQLITE:
        op.execute(statement)
    for table, changing in CHANGING.items():
        columns = [row[1] for row in op.get_bind().exec_driver_sql(f"pragma table_info({table})")]
        derived = DERIVED.get(table, ())
        free = (*changing, *derived)
        same = " and ".join(f"old.{name} is new.{name}" for name in columns if name not in free)
        closing = CLOSED_BY.get(table)
        once = f" and old.{closing} is null and new.{closing} is not null" if closing else ""
        if derived:
            unended = " and ".join(f"old.{name} is new.{name}" for name in changing)
            once = f" and old.{closing} is null and (new.{closing} is not null or {unended})"
        rule = "they can only be closed, once" if closing else "no update of these columns"
        purged = f" and not ({_is_purge_on_sqlite(table, columns)})" if table in EMPTIED else ""
        op.execute(
            f"create trigger {table}_kept before update on {table} "
            f"when not ({same}{once}){purged} begin "
            f"select raise(abort, '{table} rows are facts: {rule}'); end"
        )
    for table in KEPT:
        op.execute(
            f"create trigger {table}_not_deleted before delete on {table} begin "
            f"select raise(abort, '{table} rows are facts: no delete'); end"
        )
    for table in PARTS:
        for action, row in (("insert", "new"), ("delete", "old")):
            purged = (
                " and not exists (select 1 from tombstone where table_name = 'revision' "
                "and key = old.revision_id)"
                if action == "delete"
                else ""
            )
            # A revision that is being deleted takes its parts along; then it is gone already.
            op.execute(
                f"create trigger {table}_keep_on_{action} before {action} on {table} "
                f"when exists (select 1 from revision where id = {row}.revision_id) and ("
                f"exists (select 1 from publication where revision_id = {row}.revision_id) or "
                f"exists (select 1 from sign_off where revision_id = {row}.revision_id))"
                f"{purged} begin "
                f"select raise(abort, '{table} rows are part of a revision with a history'); end"
            )


def _is_purge_on_sqlite(table: str, columns: list[str]) -> str:
    """Return the condition that an update only empties columns of a row that has a tombstone."""
    emptied = EMPTIED[table]
    key = "old.id" if "id" in columns else "printf('%019d', old.sequence)"
    named = f"table_name = '{table}' and key = {key}"
    if table == "audit_row":
        named = "table_name = old.table_name and key = old.key"
    conditions = [f"exists (select 1 from tombstone where {named})"]
    for name in columns:
        if emptied.get(name) != ANY:
            left = f" or {_is_left_on_sqlite(name, emptied[name])}" if name in emptied else ""
            conditions.append(f"(old.{name} is new.{name}{left})")
    return " and ".join(conditions)


def _is_left_on_sqlite(name: str, value: Any) -> str:
    if value is None:
        return f"new.{name} is null"
    if value == {}:
        return f"json(new.{name}) is '{{}}'"
    return f"new.{name} is " + ("new.id" if value == OWN_ID else f"'{value}'")


def _add_rules_to_postgresql() -> None:
    op.execute(SEARCH_VECTOR_ON_POSTGRESQL)
    for name, made_of in VECTORS_ON_POSTGRESQL.items():
        computed = sa.Computed(made_of, persisted=True)
        op.add_column("search_document", sa.Column(name, postgresql.TSVECTOR(), computed))
    # Words of some fifty pages wait in a list, which takes a search 0.03 ms to read, and come into
    # the index together, which takes a save half of the time that one page at once would.
    op.create_index(
        "ix_search_document_vector",
        "search_document",
        # By part as well, for the pages that have a word in their title: they come first.
        [*VECTORS_ON_POSTGRESQL],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "256"},  # in KiB
    )
    op.execute(MOMENT_ON_POSTGRESQL)
    collation = op.get_bind().exec_driver_sql(COLLATION).scalar() or "default"
    op.execute(FOLDED_ON_POSTGRESQL.format(collation))
    op.execute(ENCODED_PATH_ON_POSTGRESQL)
    _add_triggers_to_postgresql()


def _add_triggers_to_postgresql() -> None:
    op.execute(REFUSE_CHANGE_ON_POSTGRESQL)
    emptied = json.dumps(EMPTIED)
    op.execute(
        IS_PURGE_ON_POSTGRESQL.replace("{emptied}", emptied)
        .replace("{any}", ANY)
        .replace("{own}", OWN_ID)
    )
    op.execute(KEEP_ON_POSTGRESQL)
    op.execute(CLOSE_ONCE_ON_POSTGRESQL.replace("{derived}", json.dumps(DERIVED)))
    op.execute(KEEP_PARTS_ON_POSTGRESQL)
    for table, changing in CHANGING.items():
        closing = CLOSED_BY.get(table)
        rule = "copydesk_close_once" if closing else "copydesk_keep"
        columns = (
            [closing, *(each for each in changing if each != closing)] if closing else changing
        )
        op.execute(
            f"create trigger {table}_kept before update on {table} for each row "
            f"execute function {rule}({', '.join(columns)})"
        )
    for table in KEPT:
        op.execute(
            f"create trigger {table}_not_deleted before delete on {table} "
            "for each row execute function copydesk_refuse_change()"
        )
    for table in PARTS:
        op.execute(
            f"create trigger {table}_keep before insert or delete on {table} "
            "for each row execute function copydesk_keep_parts()"
        )


def _remove_rules_from_sqlite() -> None:
    op.execute("drop table search_index")
    triggers = "select name from sqlite_master where type = 'trigger'"
    for (name,) in op.get_bind().exec_driver_sql(triggers).all():
        op.execute(f"drop trigger {name}")


def _remove_rules_from_postgresql() -> None:
    op.drop_index("ix_search_document_vector", "search_document")
    for name in VECTORS_ON_POSTGRESQL:
        op.drop_column("search_document", name)
    # With the triggers, and the indexes of fields, that use them.
    for function in (
        *("copydesk_refuse_change()", "copydesk_keep()", "copydesk_close_once()"),
        *("copydesk_keep_parts()", "copydesk_is_purge(text, jsonb, jsonb)"),
        "copydesk_search_vector(text, text, text)",
        *("copydesk_moment(text)", "copydesk_folded(text)", "copydesk_encoded_path(text)"),
    ):
        op.execute(f"drop function {function} cascade")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
