"""All commands, and the questions that go with them, by name: ``from cms import commands``.

A command takes a :class:`~cms.work.work.Work` first, and happens wholly or not at all. A question
takes a :class:`~cms.work.work.Reading`, which a work is too.
"""

from __future__ import annotations

from cms.access.accounts import (
    create_account,
    disable_account,
    enable_account,
    find_account,
    grant_role,
    has_accounts,
    load_actor,
    revoke_role,
)
from cms.access.passwords import change_password, prepare_password, reset_password, set_password
from cms.access.sessions import (
    authenticate,
    refresh_session,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from cms.access.signing_keys import record_key, replace_lost_key, rotate_key
from cms.access.tokens import issue_preview, issue_token, revoke_token
from cms.drafts.addresses import public_at
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import (
    add_edition,
    add_editions,
    archive_entry,
    create_entries,
    create_entry,
    duplicate_entry,
    unarchive_entry,
)
from cms.drafts.history import (
    blame_entry,
    changes_since_look,
    compare_revisions,
    find_revision,
)
from cms.drafts.link_targets import warnings_on, warnings_on_all
from cms.drafts.loading import look_at
from cms.drafts.new_entries import begin_entries
from cms.drafts.people import create_person
from cms.drafts.presence import announce_presence, leave_entry, mark_seen, present_in
from cms.drafts.pruning import prune_autosaves
from cms.drafts.saving import (
    autosave_entry,
    restore_revision,
    save_draft,
    save_entries,
    update_entry,
)
from cms.importing.recording import record_files
from cms.publishing.moving import move_pages_by_type
from cms.publishing.publish_impact import (
    check_publish,
    list_warnings,
    preview_publish,
    preview_unpublish,
)
from cms.publishing.publishing import (
    break_glass_publish,
    publish_entries,
    publish_entry,
    publish_imported,
    publish_imported_entries,
    publish_setup,
    publish_together,
)
from cms.publishing.redirects import (
    create_redirect,
    create_redirects,
    remove_redirect,
)
from cms.publishing.unpublishing import (
    unpublish_entries,
    unpublish_entry,
    unpublish_together,
)
from cms.purging.purging import plan_purge, purge_words
from cms.reading.site_size import has_entries
from cms.review.change_requests import request_changes, withdraw_change_request
from cms.review.comments import add_comment, locate_comments, reply_to_comment, resolve_comment
from cms.review.due import outdated_reviews, reviews_due
from cms.review.invalidation import invalidate_sign_offs
from cms.review.queue import open_reviews, waiting_for_me, waiting_for_others
from cms.review.reviews import request_review, request_reviews, withdraw_review
from cms.review.rights import grants_of
from cms.review.sign_offs import sign_off, sign_off_entries
from cms.taxonomy.categories import check_move_category, create_category, move_category
from cms.type_versions.changing import change_types

__all__ = [
    "add_comment",
    "add_edition",
    "add_editions",
    "announce_presence",
    "archive_entry",
    "authenticate",
    "autosave_entry",
    "begin_entries",
    "blame_entry",
    "break_glass_publish",
    "change_password",
    "change_types",
    "changes_since_look",
    "check_move_category",
    "check_publish",
    "compare_revisions",
    "create_account",
    "create_category",
    "create_entries",
    "create_entry",
    "create_person",
    "create_redirect",
    "create_redirects",
    "delete_entry",
    "disable_account",
    "duplicate_entry",
    "enable_account",
    "find_account",
    "find_revision",
    "grant_role",
    "grants_of",
    "has_accounts",
    "has_entries",
    "invalidate_sign_offs",
    "issue_preview",
    "issue_token",
    "leave_entry",
    "list_warnings",
    "load_actor",
    "locate_comments",
    "look_at",
    "mark_seen",
    "move_category",
    "move_pages_by_type",
    "open_reviews",
    "outdated_reviews",
    "plan_purge",
    "prepare_password",
    "present_in",
    "preview_publish",
    "preview_unpublish",
    "prune_autosaves",
    "public_at",
    "publish_entries",
    "publish_entry",
    "publish_imported",
    "publish_imported_entries",
    "publish_setup",
    "publish_together",
    "purge_words",
    "record_files",
    "record_key",
    "refresh_session",
    "remove_redirect",
    "replace_lost_key",
    "reply_to_comment",
    "request_changes",
    "request_review",
    "request_reviews",
    "reset_password",
    "resolve_comment",
    "restore_revision",
    "reviews_due",
    "revoke_role",
    "revoke_token",
    "rotate_key",
    "save_draft",
    "save_entries",
    "set_password",
    "sign_in",
    "sign_off",
    "sign_off_entries",
    "sign_out",
    "sign_out_everywhere",
    "unarchive_entry",
    "unpublish_entries",
    "unpublish_entry",
    "unpublish_together",
    "update_entry",
    "waiting_for_me",
    "waiting_for_others",
    "warnings_on",
    "warnings_on_all",
    "withdraw_change_request",
    "withdraw_review",
]
