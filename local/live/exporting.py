"""The questions that take an export: one small one of each report."""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from local.live import files
from local.live.asking import Asker, Heard
from local.live.findings import Findings
from local.live.reading import seen
from sei_export.api.answers import State, read_created, read_state
from sei_export.api.unknown import is_unknown
from sei_export.errors import ProtocolError
from sei_export.export import ExportHandle, ExportStatus
from sei_export.jsontypes import JsonObject
from sei_export.request.reports import (
    BUSINESS_ALIGNMENT,
    EFFICIENCY,
    PRODUCTIVITY,
    SPRINT,
    TIME_IN_STATUS,
    Report,
)

PLANNED = (
    "one export each of productivity (asked for twice: the second is to be the first again), "
    "efficiency, sprint, business-alignment and time-in-status, for one team, of a week or less; "
    "two of them are first asked for with a team that is not there and with an option that no page "
    "names, which is to be refused"
)
MOST_POLLS = 12
"""Of one export."""

_NO_TEAM = "999999999999"
_DAYS = 7
_PENDING = frozenset({ExportStatus.QUEUED, ExportStatus.PROCESSING})


@dataclass(slots=True)
class Exporting:
    """Asks for exports of one team.

    Attributes:
        asker: Calls.
        findings: What was found.
        tree: The org tree's name.
        team: A small team's id.
        poll_seconds: Between two looks at an export.
        today: Weeks end before it.
    """

    asker: Asker
    findings: Findings
    tree: str
    team: str
    poll_seconds: float
    today: date

    def ask(self) -> None:
        """Ask all of them.

        Raises:
            EnoughError: As `Asker.ask`.
        """
        self._level()
        self._empty()
        self._plain(SPRINT, self._body({"granularity": "SPRINT"}))
        self._wrong_team()
        self._unknown_option()

    def _level(self) -> None:
        """Which spelling of the level is read: the file's columns tell.

        A refusal that the product knows as one of the option is answered with the other spelling.
        """
        scope: JsonObject = {"orgTreeName": self.tree, "teamId": self.team}
        for spelling in ("aggregationLevel", "metricLevel"):
            body = self._body({spelling: "team", "granularity": "weekly"}) | {"scope": scope}
            heard = self._create(PRODUCTIVITY, body)
            if heard.is_success:
                break
            is_told = is_unknown(spelling, "team", heard.json, "")
            why = "as unknown" if is_told else "otherwise"
            self.findings.answer("level-name", f"{spelling} is refused {why}")
        else:
            return
        self._reuse(heard, self._create(PRODUCTIVITY, body))
        if file := self._finish(PRODUCTIVITY, heard):
            self.findings.answer("level-name", f"{spelling} gives {files.level_of(file)} columns")
            self.findings.answer("columns", f"{len(file.columns)} columns")

    def _empty(self) -> None:
        """What a file without data is: nobody has any of that week."""
        body = self._body({"granularity": "MONTHLY"}) | {
            "metricGroups": ["summary"],
            "dateRange": {"start": "2000-01-01", "end": "2000-01-07"},
        }
        if file := self._plain(EFFICIENCY, body):
            self.findings.answer("empty-file", files.emptiness_of(file))

    def _wrong_team(self) -> None:
        """What becomes of a team that is not there."""
        body = self._body({"granularity": "MONTHLY"})
        heard = self._create(BUSINESS_ALIGNMENT, body | {"scope": {"teamId": _NO_TEAM}})
        if heard.is_success:
            self.findings.answer("no-team", "taken")
            self._finish(BUSINESS_ALIGNMENT, heard)
        else:
            self.findings.answer("no-team", str(heard.status))
            self._plain(BUSINESS_ALIGNMENT, body)

    def _unknown_option(self) -> None:
        """What becomes of an option that no page names."""
        body = self._body({"granularity": "monthly"})
        unknown = self._body({"granularity": "monthly", "seiExportUnknown": "1"})
        heard = self._create(TIME_IN_STATUS, unknown)
        if heard.is_success:
            self.findings.answer("unknown-option", "ignored")
            self._finish(TIME_IN_STATUS, heard)
        else:
            self.findings.answer("unknown-option", str(heard.status))
            self._plain(TIME_IN_STATUS, body)

    def _plain(self, report: Report, body: JsonObject) -> files.File | None:
        return self._finish(report, self._create(report, body))

    def _body(self, options: JsonObject) -> JsonObject:
        end = self.today - timedelta(days=_DAYS)
        start = end - timedelta(days=_DAYS - 1)
        return {
            "scope": {"teamId": self.team},
            "dateRange": {"start": start.isoformat(), "end": end.isoformat()},
            "options": options,
        }

    def _create(self, report: Report, body: JsonObject) -> Heard:
        path = report.create_path
        return seen(self.findings, f"POST /{path}", self.asker.ask("POST", path, body=body))

    def _reuse(self, first: Heard, second: Heard) -> None:
        same = first.fields.get("exportId") == second.fields.get("exportId")
        told = "the same export" if same else "another export"
        self.findings.answer("reuse", f"{second.status} and {told}")

    def _finish(self, report: Report, created: Heard) -> files.File | None:
        """Wait for an export and look at its file; None if there is none."""
        if not created.is_success:
            return None
        try:
            export_id = read_created(created.fields, reused=False).export_id
        except ProtocolError:
            self.findings.answer("export-id", "unusable")
            return None
        self.findings.answer("export-id", "exp_…" if export_id.startswith("exp_") else "another")
        handle = ExportHandle(export_id, report, self.asker.org, self.asker.project)
        for _ in range(MOST_POLLS):
            heard = self._status(handle)
            try:
                state = read_state(heard.fields)
            except ProtocolError:
                self.findings.answer("status-word", "an unknown one")
                return None
            self._look_at_status(heard, state)
            if state.status is ExportStatus.COMPLETED:
                return self._file(handle, heard, state)
            if state.status not in _PENDING:
                return None
            self.asker.deadline.sleep(self.poll_seconds)
        return None

    def _status(self, handle: ExportHandle) -> Heard:
        path = f"{handle.report.path}/{handle.export_id}"
        heard = self.asker.ask("GET", path)
        return seen(self.findings, f"GET /{handle.report.path}/{{exportId}}", heard)

    def _look_at_status(self, heard: Heard, state: State) -> None:
        word = str(heard.fields.get("status"))
        case = "lower" if word.islower() else "upper" if word.isupper() else "mixed"
        self.findings.answer("status-word", f"{state.status} in {case} case")

    def _file(self, handle: ExportHandle, heard: Heard, state: State) -> files.File | None:
        download = heard.fields.get("download")
        place = "none" if not state.link else "download.url"
        if heard.fields.get("downloadUrl") == state.link and state.link:
            place = "downloadUrl"
        self.findings.answer("link-place", place)
        absolute = bool(state.link) and "://" in str(state.link)
        self.findings.answer("link-form", "absolute" if absolute else "a path")
        file = files.fetch(self.asker, handle, state.link)
        if isinstance(file, files.NoFile):
            self.findings.answer("file-form", file)
            return None
        if file.status != HTTPStatus.OK:
            self.findings.answer("file-form", "none")
            return None
        size = download.get("sizeBytes") if isinstance(download, dict) else None
        files.describe(self.findings, file, size)
        part = files.fetch(self.asker, handle, state.link, {"Range": "bytes=1-"})
        files.describe_range(self.findings, part)
        return file
