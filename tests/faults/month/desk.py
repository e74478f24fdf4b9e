"""What an operator sees of runs, and what the account is compared with: the vendor's own truth."""

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.faults.month.account import Account
from tests.faults.month.vendor import Asked, Row, Vendor, asked_of
from tests.faults.month.world import MONTHLY, Size
from tests.statemachine.engine import End

LIST = "batches/monthly/latest.json"


@dataclass(frozen=True)
class Run:
    """One execution of the batch machine, as its operator sees it.

    Attributes:
        name: The run's.
        end: How it ended; None if it was stopped.
        event: Its BatchCompleted; None if there was none.
        manifest: Its manifest; empty if there is none.
        creates: What create calls asked for meanwhile, in order.
        started: When it was started.
        ended: When it ended.
    """

    name: str
    end: End | None
    event: JsonObject | None
    manifest: JsonObject
    creates: Sequence[Asked]
    started: datetime
    ended: datetime

    @property
    def status(self) -> JsonValue:
        """Of its event."""
        return self.event and self.event["status"]

    @property
    def message(self) -> str:
        """What its event says, with the remedy; the execution says the same."""
        assert self.event
        assert self.end
        message = f"{self.event['message']} Remedy: {self.event['remedy']}"
        assert (self.end.error, self.end.cause) == (self.event["error"], message)
        return message

    @property
    def warnings(self) -> dict[str, str]:
        """By code; the manifest has the same."""
        if not self.manifest:
            return {}
        assert self.event
        assert self.manifest["warnings"] == self.event["warnings"]
        found = [(str(it["code"]), str(it["message"])) for it in objects(self.event["warnings"])]
        assert len(dict(found)) == len(found)
        return dict(found)

    def total(self, name: str) -> int:
        """One of the manifest's totals."""
        totals = cast("dict[str, int]", self.manifest["totals"])
        return totals[name]

    @property
    def items(self) -> list[JsonObject]:
        """The manifest's."""
        return objects(self.manifest.get("items", []))

    def lines(self, team: str) -> list[JsonObject]:
        """The manifest's items of a team."""
        return [it for it in self.items if it["team"] == team]

    def resumed(self) -> JsonObject:
        """The input that goes on with it, as the message has it."""
        found = re.search(r'\{"resume": "[^"]+"\}', self.message)
        assert found
        given: JsonObject = json.loads(found[0])
        return given


@dataclass
class Desk:
    """Stands for whoever is on call.

    Attributes:
        size: How much there is.
        runs: All runs, in the order in which they ended.
        book: What the list has to say of a tree's month, by people.
        promised: Teams and months that a run was to bring.
        landed: The content that landed last of each team and month, as the vendor made it.
        beside: Keys of files that no list has, since their run lacked something.
    """

    size: Size
    runs: list[Run] = field(default_factory=list)
    book: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)
    promised: set[tuple[str, str]] = field(default_factory=set)
    landed: dict[Asked, bytes] = field(default_factory=dict)
    beside: set[str] = field(default_factory=set)
    _started: int = 0

    def __post_init__(self) -> None:
        self.vendor = Vendor(lambda: self.account.moment, self.size.trees())
        self.account = Account(MONTHLY, self.vendor, datetime(2025, 1, 10, 9, tzinfo=UTC))

    # --- what the operator does ---

    def start(
        self, given: JsonObject, at: datetime | None = None, stop_after: float | None = None
    ) -> Run:
        """Start a batch, at some time or once the last one has ended, and see it to its end."""
        account = self.account
        started = account.now = at or account.now
        self._started += 1
        if stop_after:
            account.stops_at = account.now + timedelta(seconds=stop_after)
        creates, told = len(self.vendor.creates), len(account.events.entries)
        name, end = account.run(given, f"execution-{self._started}")
        run = Run(
            name=name,
            end=end,
            event=next((it for it in account.bus.details if _is_of(it, name)), None),
            manifest=self.read(f"runs/{name}/manifest.json"),
            creates=tuple(self.vendor.creates[creates:]),
            started=started,
            ended=account.now,
        )
        self.runs.append(run)
        self._check_events(name, account.events.details[told:])
        if run.manifest:
            self._check_totals(run)
        return run

    def read(self, key: str) -> JsonObject:
        """A document of the bucket."""
        return self.account.s3.documents.read_json(key).content

    @property
    def files(self) -> list[JsonObject]:
        """Those of the list."""
        return objects(self.read(LIST).get("files", []))

    # --- what is to be seen ---

    def promise(self, starts: Iterable[str]) -> None:
        """Note that a run is to bring all teams' rows of some months."""
        for start in starts:
            for root in self.vendor.trees.values():
                self.promised |= {(leaf.id, start) for leaf in root.leaves()}

    def expect(self, run: Run, starts: Sequence[str]) -> None:
        """See that a run is complete over some months, and that the list has its files now."""
        assert run.status == "COMPLETE", run.message
        assert run.end
        assert run.end.state == "BatchSucceeded"
        self.promise(starts)
        for start in starts:
            for tree in self.vendor.trees:
                self.book[tree, start] = {**self.vendor.truth(tree, start)}
        assert {*map(start_of, run.items)} == {*starts}
        self.check_list()

    def check_list(self) -> None:
        """The list's files, put together, are the truth: nobody is missing, nobody comes twice."""
        found: dict[tuple[str, str], dict[str, Row]] = {}
        for file in self.files:
            content = self._content(file)
            for row in csv.DictReader(io.StringIO(content.decode())):
                month = found.setdefault((row["Org_Tree"], row["Start_Date"]), {})
                assert row["Developer"] not in month, f"{row} comes twice"
                month[row["Developer"]] = Row(row["Team_Id"], int(row["PR_MERGED"]))
        assert found == self.book
        self._check_marks()

    def _content(self, file: JsonObject) -> bytes:
        """A file of the list: what the API sent last of that."""
        versions = self.account.s3.versions[str(file["key"])]
        [version] = [it for it in versions if it.id == file["versionId"]]
        content = gzip.decompress(version.body)
        assert file["contentSha256"] == hashlib.sha256(content).hexdigest()
        assert file["rows"] == content.count(b"\n") - 1
        asked = Asked(str(file["tree"]), str(file["team"]), start_of(file), "developer")
        assert content == gzip.decompress(self.vendor.served[asked].body), asked
        return content

    def _check_marks(self) -> None:
        """Who reads manifests finds the same: those of all other files say what to read instead."""
        manifests = [
            self.read(key) for key in self.account.s3.versions if key.startswith("manifests/")
        ]
        valid = {str(it["key"]) for it in manifests if "supersededBy" not in it}
        assert valid - self.beside == {str(file["key"]) for file in self.files}

    def _check_events(self, run: str, details: list[JsonObject]) -> None:
        """Each landed file was announced once, as new, as restated or as unchanged."""
        of_run = [it for it in details if it["run"] == run]
        for detail in of_run:
            asked, _ = asked_of(cast("JsonObject", detail["request"]))
            made = self.vendor.made[str(detail["exportId"])]
            before, content = self.landed.get(asked), gzip.decompress(made.body)
            reason = None if content == before else "restated" if before else "new"
            assert (detail["changed"], detail["reason"]) == (reason is not None, reason), asked
            self.landed[asked] = content
        assert len({str(it["key"]) for it in of_run}) == len(of_run)

    def _check_totals(self, run: Run) -> None:
        """The totals are what was announced, over all runs that are counted together."""
        together = {run.name, *cast("list[str]", run.manifest["resumes"])}
        announced = [it for it in self.account.events.details if it["run"] in together]
        assert run.total("landed") == len(announced)
        assert run.total("changed") == sum(1 for it in announced if it["changed"])
        assert run.total("rows") == sum(cast("int", it["rows"]) for it in announced)
        # Each item names the execution to look at, also where it failed.
        names = {str(it["executionArn"]).rpartition(":")[2] for it in run.items}
        assert names <= self.account.ended.keys()


def _is_of(detail: JsonObject, run: str) -> bool:
    return detail["run"] == run and "totals" in detail


def start_of(entry: JsonObject) -> str:
    """The first day of what an item or a file is about."""
    return str(cast("JsonObject", entry["dateRange"])["start"])


def objects(value: JsonValue) -> list[JsonObject]:
    """The objects of a list."""
    assert isinstance(value, list)
    return [it for it in value if isinstance(it, dict)]
