"""The exports that were created, found again by request, id or signed link."""

import hashlib
import json
import secrets
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.simulator.errors import ApiError
from local.simulator.reports.catalogue import Report
from local.simulator.reports.request import ExportRequest
from local.simulator.world.dialect import IdStyle

CREATOR = "simulator@example.com"
_ID_LENGTH = 8
_BASE36 = string.digits + string.ascii_lowercase


@dataclass(frozen=True)
class Project:
    """Whose export it is: the two query parameters of every call."""

    org: str
    project: str


@dataclass(frozen=True)
class Wanted:
    """What one call or order wants exported, and for whom."""

    report: Report
    request: ExportRequest
    owner: Project

    @property
    def fingerprint(self) -> str:
        """A text that is equal for identical requests."""
        owner = (self.owner.org, self.owner.project)
        identity = json.dumps([self.report.name, self.request.canonical, *owner])
        return hashlib.sha256(identity.encode()).hexdigest()


@dataclass(frozen=True)
class Export:
    """One export; times are in epoch seconds.

    `ordinal` counts the exports of one selector, from 1. `completed_at` is None if the settings
    and the scenario decide it; likewise `rows`. `token` is the secret of its signed link.
    """

    id: str
    report: Report
    request: ExportRequest
    owner: Project
    fingerprint: str
    created_at: float
    ordinal: int
    created_by: str = CREATOR
    completed_at: float | None = None
    rows: int | None = None
    token: str = field(default_factory=secrets.token_hex)


class ExportStore:
    """Every export since the start or the last reset."""

    def __init__(self) -> None:
        self._by_id: dict[str, Export] = {}
        self._by_token: dict[str, Export] = {}
        self._latest: dict[str, Export] = {}
        self._creates: Counter[str] = Counter()
        self._ordinals: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Export]:
        return iter(list(self._by_id.values()))

    def latest(self, wanted: Wanted) -> Export | None:
        """Return the newest export of an identical request."""
        return self._latest.get(wanted.fingerprint)

    def count_create(self, export: Export) -> None:
        """Count that a create call answered with this export."""
        self._creates[export.id] += 1

    def creates(self, export: Export) -> int:
        """Return how often a create call answered with this export."""
        return self._creates[export.id]

    def next_ordinal(self, selector: str) -> int:
        """Return the number of the selector's next export, from 1."""
        self._ordinals[selector] += 1
        return self._ordinals[selector]

    def add(self, export: Export) -> None:
        """Keep a new export; its id may replace another's."""
        self._by_id[export.id] = export
        self._by_token[export.token] = export
        self._latest[export.fingerprint] = export

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

    def unused_id(self, fingerprint: str, style: IdStyle) -> str:
        """Return an id that follows from the fingerprint, and that no export has."""
        attempt = 0
        while True:
            digest = hashlib.sha256(f"{fingerprint} {attempt}".encode()).digest()
            chosen = _written(digest, style)
            if chosen not in self._by_id:
                return chosen
            attempt += 1

    def clear(self) -> None:
        """Forget every export."""
        self._by_id.clear()
        self._by_token.clear()
        self._latest.clear()
        self._creates.clear()
        self._ordinals.clear()


def _written(digest: bytes, style: IdStyle) -> str:
    if style == "exp":
        return f"exp_{digest.hex()[:_ID_LENGTH]}"
    return "".join(_BASE36[byte % len(_BASE36)] for byte in digest[:_ID_LENGTH])
