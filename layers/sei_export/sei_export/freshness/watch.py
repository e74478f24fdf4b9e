"""One look at everything: how old the newest complete run is, and what stands in the way."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.freshness.finding import Finding
from sei_export.freshness.memory import Memory
from sei_export.jsontypes import JsonObject

logger = logging.getLogger(__name__)

OVERDUE, AT_RISK = "ExportOverdue", "ExportAtRisk"
VERSION = "1"

type Look = Callable[[datetime], Finding | None]
type Announce = Callable[[str, JsonObject], object]

_HOUR = timedelta(hours=1)
_SEE = (
    "Look whether a batch was started and what became of it, then run the stack's plan: start the "
    'batch machine with {}, or for the days of an earlier time with {"scheduledTime": "..."}.'
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of the stack.

    Attributes:
        stack: Its name.
        within: After the newest complete run the next one has to be complete within this time; no
            time at all: nothing is expected.
        schedule: Its expression and time zone, and whether it is on, for people.
    """

    stack: str
    within: timedelta
    schedule: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks, and announces what is news.

    Attributes:
        expected: What is expected.
        documents: The bucket.
        looks: By the codes of what each may find.
        announce: Sends an event, given its `detail-type` and what it says.
    """

    expected: Expected
    documents: Documents
    looks: Mapping[tuple[str, ...], Look]
    announce: Announce

    def look(self, now: datetime, *, dry_run: bool) -> JsonObject:
        """Look once.

        Args:
            now: The time.
            dry_run: Whether to announce and remember nothing.

        Returns:
            `hoursSinceComplete`, `lastCompleteAt` or null, `isOverdue`, `findings`, `unknown`, the
            codes of which nobody can tell, and `announced`, the event's `detail-type` or null.

        Raises:
            ConfigurationError, ServiceUnavailableError: The bus does not take the event; nothing is
                remembered, so that another try says the same.
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        memory = Memory.from_json(self.documents.read_json(keys.freshness_key()).content, now)
        complete = self.documents.read_json(keys.last_complete_key()).content
        last = dates.read_moment(complete.get("until"))
        age = max(now - (last or memory.first_look_at), timedelta())
        findings, unknown = self._findings(now)
        # Of what nobody can tell today it is not known either whether it has cleared.
        told = memory.told & ({it.code for it in findings} | unknown)
        news = [it for it in findings if it.code not in told]
        periods = age // self.expected.within if self.expected.within else 0
        expected_at = now - age + periods * self.expected.within
        missed = dates.format_moment(expected_at) if periods else ""
        kind: str | None = None
        if missed and missed != memory.missed:
            kind = OVERDUE
            detail = self._overdue(missed, last, age, findings)
        elif news:
            kind = AT_RISK
            detail = self._at_risk(news, memory.looked_at)
        else:
            detail = {}
        if not dry_run:
            if kind:
                self.announce(kind, detail)
            codes = frozenset(it.code for it in findings)
            after = replace(
                memory,
                looked_at=dates.format_moment(now),
                missed=missed or memory.missed,
                told=told | codes,
            )
            self.documents.write_json(keys.freshness_key(), after.to_json())
        return {
            "hoursSinceComplete": round(age / _HOUR, 2),
            "lastCompleteAt": dates.format_moment(last) if last else None,
            "isOverdue": bool(missed),
            "findings": [it.to_json() for it in findings],
            "unknown": [*sorted(unknown)],
            "announced": None if dry_run else kind,
        }

    def _findings(self, now: datetime) -> tuple[list[Finding], frozenset[str]]:
        """What the looks find, and the codes of which nobody can tell."""
        found: list[Finding] = []
        unknown: frozenset[str] = frozenset()
        for codes, look in self.looks.items():
            try:
                finding = look(now)
            except Exception as error:  # noqa: BLE001 - not known, whatever this is
                logger.warning("Whether there is %s is not known: %s", " or ".join(codes), error)
                unknown |= frozenset(codes)
            else:
                found += [finding] if finding else []
        return found, unknown

    def _overdue(
        self, expected_at: str, last: datetime | None, age: timedelta, findings: list[Finding]
    ) -> JsonObject:
        last_at = dates.format_moment(last) if last else None
        since = f"since {last_at}" if last_at else "since the first look at this stack"
        hours = self.expected.within // _HOUR
        message = (
            f"No run of the stack's plan has become complete {since}, {age // _HOUR} hours ago. "
            f"One was expected within {hours} hours (FreshnessHours), by {expected_at}. "
            f"The schedule: {self.expected.schedule}."
        )
        return {
            **self._frame(OVERDUE, expected_at, last_at or "never"),
            "expectedAt": expected_at,
            "lastCompleteAt": last_at,
            "freshnessHours": hours,
            "message": " ".join((message, *_numbered([it.message for it in findings]))),
            "remedy": " ".join((*_numbered([it.remedy for it in findings]), _SEE)),
            "findings": [it.to_json() for it in findings],
        }

    def _at_risk(self, news: list[Finding], looked_at: str) -> JsonObject:
        """Say what is news; what comes back after it had cleared has another id."""
        return {
            **self._frame(AT_RISK, looked_at, *sorted(it.code for it in news)),
            "message": " ".join(_numbered([it.message for it in news])),
            "remedy": " ".join(_numbered([it.remedy for it in news])),
            "findings": [it.to_json() for it in news],
        }

    def _frame(self, kind: str, *about: str) -> JsonObject:
        identity = "|".join((kind, self.expected.stack, *about))
        return {
            "version": VERSION,
            "dedupeId": hashlib.sha256(identity.encode()).hexdigest(),
            "stack": self.expected.stack,
        }


def _numbered(texts: list[str]) -> list[str]:
    return [f"({number}) {text}" for number, text in enumerate(texts, 1)]
