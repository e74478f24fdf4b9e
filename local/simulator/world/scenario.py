"""How the exports of one team or org tree behave: what a test asks of the simulator."""

from collections import deque
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from local.simulator.models import Strict
from local.simulator.reports.catalogue import Link, Report

type Step = Literal["create", "status", "download", "report"]
type Encoding = Literal["gzip", "plain", "gzip-multi"]
type Framing = Literal["length", "chunked", "close"]
type Paging = Literal["as-asked", "ignored", "clamped"]

# A cut body is cut in the framing that its name says, whatever `framing` says.
_CUTS: dict[str, Framing] = {
    "truncate-length": "length",
    "truncate-chunked": "chunked",
    "truncate-close": "close",
}


class StatusFault(Strict):
    """Answer this HTTP status instead of the normal answer."""

    status: int = Field(ge=200, le=599)
    headers: dict[str, str] = Field(default_factory=dict[str, str])


class DisconnectFault(Strict):
    """Close the connection without any answer."""

    disconnect: Literal[True]


class DelayFault(Strict):
    """Wait, then answer normally."""

    delay_seconds: float = Field(ge=0)


class CutFault(Strict):
    """Close the connection after this many bytes of the body, whatever the headers promise."""

    cut_after_bytes: int = Field(ge=0)


type Fault = StatusFault | DisconnectFault | DelayFault
type DownloadFault = Fault | CutFault


class Faults(Strict):
    """For each step, the faults of its next calls, in order."""

    create: tuple[Fault, ...] = ()
    status: tuple[Fault, ...] = ()
    download: tuple[DownloadFault, ...] = ()
    report: tuple[Fault, ...] = ()


class Scenario(Strict):
    """The behaviour of an export; the defaults are those of a healthy API.

    `queued_seconds`, `processing_seconds` and `reuse_seconds` fall back to the service's own.
    `outcome` is completed, failed, cancelled, never (it stays processing) or any other word,
    which is then reported as it stands; `outcomes` gives the selector's first exports one each.
    `status_case` and `link` fall back to the report's, `encoding` to the dialect's. `rows` is
    the exact number of data rows; exports of a report in `altered` whose dates begin on one of
    its days have other figures than usual. `encoding` applies to every `content` but the empty
    one, and `content_type` is sent whatever the content is. With `ranges`, a download has an ETag
    and may start in the middle of the file. `bytes_per_second` is the pace of a file's body.
    Lists of the selector, given as `teamId`, have pages as `paging` says: ignored is the first one
    whatever is asked for, clamped is smaller ones. `promised` is how many exports they claim.
    """

    queued_seconds: float | None = Field(default=None, ge=0)
    processing_seconds: float | None = Field(default=None, ge=0)
    reuse_seconds: float | None = Field(default=None, ge=0)
    outcome: str = Field(default="completed", min_length=1)
    outcomes: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    error: str = "Invalid teamId"
    status_case: Literal["lower", "upper", "mixed"] | None = None
    link: Link | None = None
    content: Literal["csv", "empty", "header-only", "html", "json"] = "csv"
    encoding: Encoding | None = None
    content_type: str = "text/csv"
    framing: Framing = "length"
    ranges: bool = False
    bytes_per_second: int | None = Field(default=None, ge=1)
    corrupt: (
        Literal[
            "truncate-length",
            "truncate-chunked",
            "truncate-close",
            "bad-crc",
            "bad-size",
            "missing-trailer",
            "trailing-garbage",
            "truncate-second-member",
            "double-gzip",
        ]
        | None
    ) = None
    rows: int | None = Field(default=None, ge=0)
    paging: Paging = "as-asked"
    promised: int | None = Field(default=None, ge=0)
    altered: dict[str, frozenset[date]] = Field(default_factory=dict)
    export_id: str | None = None
    omit_export_id: bool = False
    create_status: int | None = Field(default=None, ge=200, le=599)
    create_body: str = '{"message": "Refused"}'
    html: frozenset[Step] = frozenset()
    not_found: frozenset[Literal["status", "download", "report"]] = frozenset()
    faults: Faults = Faults()

    @model_validator(mode="after")
    def _can_have_ranges(self) -> Self:
        if self.ranges and self.sent_framing != "length":
            raise ValueError("ranges need the framing length")
        return self

    @model_validator(mode="after")
    def _can_be_corrupted(self) -> Self:
        if self.corrupt and self.content == "empty":
            raise ValueError("an empty body cannot be corrupted")
        if self.gzip_damage and self.encoding == "plain":
            raise ValueError(f"{self.corrupt} needs a gzip encoding")
        return self

    @property
    def cut(self) -> bool:
        """Whether the connection ends in the middle of the body."""
        return self.corrupt in _CUTS

    @property
    def sent_framing(self) -> Framing:
        """How the end of the body is told."""
        return _CUTS.get(self.corrupt or "", self.framing)

    @property
    def gzip_damage(self) -> str | None:
        """The damage to the gzip file itself, as opposed to its transfer."""
        return None if self.cut else self.corrupt

    def sent_encoding(self, usual: Encoding) -> Encoding:
        """Return the encoding; `usual` is the one of an export that nothing was asked of."""
        if self.corrupt == "truncate-second-member":
            return "gzip-multi"  # a second member can be cut only if there is one
        return self.encoding or ("gzip" if self.gzip_damage else usual)

    def outcome_of(self, ordinal: int) -> str:
        """Return the outcome of the selector's export of this number, from 1."""
        return (*self.outcomes, self.outcome)[min(ordinal - 1, len(self.outcomes))]

    def link_of(self, report: Report) -> Link:
        """Return how a completed export tells where its file is."""
        return self.link or report.link


# A scope's teamId, or its orgTreeName if it has no teamId; a legacy body's collectionId.
type Selector = str


class ScenarioBook:
    """The scenarios in force, and what is left of their queues of faults."""

    def __init__(self) -> None:
        self._scenarios: dict[Selector, Scenario] = {}
        self._queues: dict[tuple[Selector, Step], deque[DownloadFault]] = {}

    def put(self, selector: Selector, scenario: Scenario) -> None:
        """Set a selector's scenario, with its queues of faults full again."""
        faults = scenario.faults
        self._scenarios[selector] = scenario
        self._queues[selector, "create"] = deque(faults.create)
        self._queues[selector, "status"] = deque(faults.status)
        self._queues[selector, "download"] = deque(faults.download)
        self._queues[selector, "report"] = deque(faults.report)

    def remove(self, selector: Selector) -> None:
        """Give a selector back its default behaviour; one without a scenario is no error."""
        self.put(selector, Scenario())

    def of(self, selector: Selector | None) -> Scenario:
        """Return a selector's scenario, or the default one."""
        return self._scenarios.get(selector, Scenario()) if selector else Scenario()

    def next_fault(
        self, selector: Selector | None, step: Step, *, sends_file: bool = True
    ) -> DownloadFault | None:
        """Take the next fault of a step, if any is left; a cut waits for a call with a file."""
        queue = self._queues.get((selector, step)) if selector else None
        if not queue or (isinstance(queue[0], CutFault) and not sends_file):
            return None
        return queue.popleft()

    def next_cut(self, selector: Selector | None) -> CutFault | None:
        """Take the next fault of the download if it is a cut."""
        queue = self._queues.get((selector, "download")) if selector else None
        if not queue or not isinstance(cut := queue[0], CutFault):
            return None
        queue.popleft()
        return cut

    def clear(self) -> None:
        """Forget every scenario."""
        self._scenarios.clear()
        self._queues.clear()
