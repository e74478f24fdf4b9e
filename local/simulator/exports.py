"""The exports that were created, found again by request, id or signed link."""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.simulator.errors import ApiError
from local.simulator.reports import Report
from local.simulator.request import ExportRequest


@dataclass(frozen=True)
class Project:
    """Whose export it is: the two query parameters of every call."""

    org: str
    project: str


@dataclass
class Export:
    """One export; `created_at` is in epoch seconds.

    `fingerprint` is equal for identical requests, `token` is the secret of its signed link, and
    `creates` says how often a create call answered with this export.
    """

    id: str
    report: Report
    request: ExportRequest
    owner: Project
    fingerprint: str
    created_at: float
    creates: int = 1
    token: str = field(default_factory=secrets.token_hex)


class ExportStore:
    """Every export since the start or the last reset.

    Args:
        reuse_seconds: for how long an identical request gets the existing export.
    """

    def __init__(self, reuse_seconds: float) -> None:
        self._reuse_seconds = reuse_seconds
        self._by_id: dict[str, Export] = {}
        self._by_token: dict[str, Export] = {}
        self._latest: dict[str, Export] = {}

    def __iter__(self) -> Iterator[Export]:
        return iter(list(self._by_id.values()))

    def create(
        self, report: Report, request: ExportRequest, owner: Project, export_id: str | None
    ) -> tuple[Export, bool]:
        """Return the export of a request, and whether it existed already.

        A failed export is handed out again too: the documentation does not rule it out.

        Args:
            report: the kind of export.
            request: the checked request.
            owner: organisation and project.
            export_id: the id of a new export, or None to make one.
        """
        now = time.time()
        identity = json.dumps([report.name, request.canonical, owner.org, owner.project])
        fingerprint = hashlib.sha256(identity.encode()).hexdigest()
        known = self._latest.get(fingerprint)
        if known and now < known.created_at + self._reuse_seconds:
            known.creates += 1
            return known, True
        chosen = export_id or self._unused_id(fingerprint)
        export = Export(chosen, report, request, owner, fingerprint, now)
        self._by_id[export.id] = self._by_token[export.token] = self._latest[fingerprint] = export
        return export, False

    def get(self, export_id: str) -> Export | None:
        """Return the export of this id, whoever's it is."""
        return self._by_id.get(export_id)

    def by_token(self, token: str) -> Export | None:
        """Return the export that a signed link leads to."""
        return self._by_token.get(token)

    def find(self, report: Report, export_id: str, owner: Project) -> Export:
        """Return a project's export; ApiError 404 if it has none of this id."""
        export = self.get(export_id)
        if export is None or export.report != report or export.owner != owner:
            raise ApiError(404, f"Export not found: {export_id}")
        return export

    def clear(self) -> None:
        """Forget every export."""
        self._by_id.clear()
        self._by_token.clear()
        self._latest.clear()

    def _unused_id(self, fingerprint: str) -> str:
        attempt = 0
        while True:
            digest = hashlib.sha256(f"{fingerprint} {attempt}".encode()).hexdigest()
            if f"exp_{digest[:8]}" not in self._by_id:
                return f"exp_{digest[:8]}"
            attempt += 1
