"""The review of a publication, from the sign-offs that count for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.references.thing import Row

if TYPE_CHECKING:
    from tests.reference import Reference


class Reviews:
    """The reviews of publications, as seen through a look."""

    def __init__(self, reference: Reference) -> None:
        self._look = reference.look
        self._stages: Sequence[Row] = reference.tables["publication_stage"]
        self._counts: Sequence[Row] = reference.tables["publication_sign_off"]
        self._signed = {row.id: row for row in reference.tables["sign_off"]}

    def sign_offs(self, publication: Row) -> list[Row]:
        """Return the sign-offs that readers see, the oldest first."""
        counting = [row for row in self._of(publication) if self._look.counts(row)]
        if publication.basis != "signed_off" and not self._is_complete(publication, counting):
            return []
        found = [self._signed[row.sign_off_id] for row in counting]
        return sorted(found, key=lambda row: (row.signed_at, row.id))

    def end(self, publication: Row) -> datetime | None:
        """Return when the first stage has too few sign-offs left."""
        ends = [self._stage_end(publication, stage) for stage in self._stages_of(publication)]
        return None if None in ends else min(each for each in ends if each is not None)

    def _stage_end(self, publication: Row, stage: Row) -> datetime | None:
        until: dict[str, list[datetime]] = {}
        for row in self._of(publication):
            signed = self._signed[row.sign_off_id]
            if signed.stage == stage.name and self._look.has_counted(row):
                end = min(signed.expires_at, self._look.ended_at(row) or signed.expires_at)
                until.setdefault(signed.person_id, []).append(end)
        moments = sorted((max(each) for each in until.values()), reverse=True)
        return moments[stage.approvals - 1] if len(moments) >= stage.approvals else None

    def _is_complete(self, publication: Row, counting: Sequence[Row]) -> bool:
        """Say whether all stages were complete when one of these sign-offs began to count."""
        return any(
            all(
                self._signers(counting, stage, row.counted_at) >= stage.approvals
                for stage in self._stages_of(publication)
            )
            for row in counting
        )

    def _signers(self, counting: Sequence[Row], stage: Row, moment: Any) -> int:
        signed = [self._signed[row.sign_off_id] for row in counting if row.counted_at <= moment]
        return len(
            {
                each.person_id
                for each in signed
                if each.stage == stage.name and each.expires_at > moment
            }
        )

    def _of(self, publication: Row) -> list[Row]:
        return [row for row in self._counts if row.publication_id == publication.id]

    def _stages_of(self, publication: Row) -> list[Row]:
        return [row for row in self._stages if row.publication_id == publication.id]
