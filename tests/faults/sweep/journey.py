"""One execution of the export machine, with the project's own steps, through faults.

Real: the definition, the steps, their HTTP over loopback connections, Powertools' cache of the
secret. In memory: S3, the bus, Secrets Manager. Virtual: all time.
"""

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from aws_lambda_powertools.utilities.parameters import SecretsProvider

from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.key import ApiKey
from sei_export.api.urls import BaseUrl
from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.download.staging import Staging
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.events import EventBus
from sei_export.landing.land import Landing
from sei_export.steps.check_export import check_export
from sei_export.steps.create_export import create_export
from sei_export.steps.download_export import download_export
from sei_export.steps.fetch_report import fetch_report
from tests.fakes.events import BUS, STACK
from tests.fakes.loopback import Answer, Received
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.samples import DEFAULTS
from tests.fakes.timing import FakeClock
from tests.faults.sweep.api import Api
from tests.faults.sweep.aws import FaultyEvents, FaultyS3, FaultySecrets
from tests.faults.sweep.line import Line, pass_time
from tests.faults.sweep.plan import Fault, KilledError, Plan
from tests.faults.sweep.remembering import RememberingJsonata
from tests.faults.sweep.scenarios import Scenario
from tests.faults.sweep.wire import HttpAct
from tests.statemachine.bus import Bus
from tests.statemachine.engine import CAUSE_CHARACTERS, STARTED_MILLIS, End, Engine
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import DEFINITIONS

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECONDS = {
    **dict.fromkeys(("CreateExport", "CheckExport", "ListExports", "RecordOutcome"), 90),
    **dict.fromkeys(("DownloadExport", "FetchReport", "LandExport", "CloseHarvest"), 900),
}
"""Of each function, as the template has them; a test compares."""
_MARGIN_SECONDS = 3
_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"


@dataclass(frozen=True, slots=True)
class TaskAct:
    """What goes wrong with one invocation.

    Attributes:
        error: What the state machine hears.
        done: Whether the function had done its work when that happened.
        takes_all: Whether it took all of its time.
    """

    error: str
    done: bool = False
    takes_all: bool = False


@dataclass
class Journey:
    """One execution.

    Attributes:
        scenario: What the API has and does.
        origin: Where the API listens.
        elsewhere: Where signed links lead.
        faults: What goes wrong.
        s3: The bucket.
        started: When it starts, in seconds after the usual start.
        asked: Of each invocation, the HTTP requests by name, in order.
    """

    scenario: Scenario
    origin: str
    elsewhere: str
    faults: Sequence[Fault] = ()
    s3: FakeS3 = field(default_factory=FakeS3)
    started: float = 0.0
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plan = Plan(self.faults)
        self.bus = Bus()
        self.events = FaultyEvents(self.bus, self.plan, self.s3)
        self.engine = Engine(
            self._answer,
            self.scenario.given,
            jsonata=RememberingJsonata(STARTED_MILLIS),
            retrying=True,
        )
        self.engine.jsonata.millis += round(1000 * self.started)
        self.clock = FakeClock()
        self.api = Api(self.scenario, self.now, self.elsewhere)
        self.secrets = self._new_process()
        self.line: Line | None = None
        self.end = End("", None)

    def run(self) -> End:
        """Run it to its end."""
        self.end = self.engine.run(DEFINITIONS["export"])
        return self.end

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.engine.jsonata.millis / 1000 - STARTED_MILLIS / 1000 - self.started

    def now(self) -> float:
        """Seconds since 1970."""
        return self.engine.jsonata.millis / 1000 + self.clock.clock.monotonic()

    # --- tasks ---

    def _answer(self, state: str, arguments: JsonValue) -> JsonValue:
        if state.startswith("Publish"):
            return self._publish(arguments)
        payload = cast("JsonObject", arguments)["Payload"]
        return {"Payload": self._invoke(state, json.loads(json.dumps(payload)))}

    def _publish(self, arguments: JsonValue) -> JsonValue:
        kind = self.plan.meet("machine bus", "put_events")
        act = kind.act if kind else None
        answer = None
        if not isinstance(act, TaskAct) or act.done:
            answer = self.bus.put(arguments)
        if isinstance(act, TaskAct):
            raise StateError(act.error, "Not now.")
        return answer

    def _invoke(self, state: str, payload: JsonObject) -> JsonValue:
        kind = self.plan.meet("task", state)
        act = kind.act if kind else None
        self.clock = FakeClock()
        self.asked.append((state, []))
        try:
            answer = None
            if not isinstance(act, TaskAct) or act.done:
                answer = self._step(state, payload)
            if kind and isinstance(act, TaskAct):
                self.plan.strike(kind)
                if act.takes_all:
                    pass_time(self.clock, SECONDS[state])
                raise StateError(act.error, f"The platform says {act.error}.")
        finally:
            self.engine.jsonata.millis += round(1000 * self.clock.clock.monotonic())
            self.clock = FakeClock()
        return answer

    def steps(self, state: str, payload: JsonObject) -> Mapping[str, Callable[[], JsonObject]]:
        """The steps by the states that call them."""
        return {
            "CreateExport": lambda: create_export(
                payload, DEFAULTS, self.connector(state, fresh=True), self._hints.read_json, dict
            ),
            "CheckExport": lambda: check_export(payload, self.connector(state)),
            "DownloadExport": lambda: download_export(
                payload, self.connector(state), self.landing, self.staging
            ),
            "FetchReport": lambda: fetch_report(
                payload, self.connector(state, fresh=True), self.landing
            ),
        }

    def _step(self, state: str, payload: JsonObject) -> JsonValue:
        try:
            answer: JsonValue = json.loads(json.dumps(self.steps(state, payload)[state]()))
        except KilledError as killed:
            self.secrets = self._new_process()
            if killed.error == "Sandbox.Timedout":
                pass_time(self.clock, SECONDS[state])
            raise StateError(killed.error, "RequestId: 1 Error: the process ended.") from None
        except Exception as error:  # noqa: BLE001 - as the runtime does
            raise StateError(type(error).__name__, _cause(error)) from None
        finally:
            self.plan.killed = None
        return answer

    # --- parts ---

    def _new_process(self) -> SecretsProvider:
        client = cast("SecretsManagerClient", FaultySecrets(self.plan))
        return SecretsProvider(boto3_client=client)

    def connector(self, state: str, *, fresh: bool = False) -> Callable[[InProject], SeiClient]:
        """Make what makes clients in one invocation."""

        def connect(target: InProject) -> SeiClient:
            base = BaseUrl.parse(f"{self.origin}/sei/api/")
            deadline = self.clock.deadline(SECONDS[state] - _MARGIN_SECONDS)
            http = HttpClient(base, ApiKey(_ARN, self.secrets), deadline, fresh_key=fresh)
            return SeiClient(http, base, target.org, target.project)

        return connect

    @property
    def client(self) -> "S3Client":
        """S3, with its faults."""
        return cast("S3Client", FaultyS3(self.s3, self.plan))

    @property
    def _hints(self) -> Documents:
        return Documents(cast("S3Client", FaultyS3(self.s3, self.plan, "hint")), BUCKET)

    @property
    def landing(self) -> Landing:
        """What lands files."""
        return Landing(
            ObjectStore(self.client, BUCKET),
            Documents(self.client, BUCKET),
            EventBus(cast("EventBridgeClient", self.events), BUS, STACK),
            notes=self._hints,
        )

    def staging(self, folder: str) -> Staging:
        """What keeps a download from one invocation to the next."""
        return Staging(self.client, BUCKET, folder)

    # --- the network ---

    def opening(self) -> None:
        """A connection is about to be made."""
        kind = self.plan.meet("http")
        act = kind.act if kind else None
        if isinstance(act, HttpAct):
            if act.killed == "before":
                raise self.plan.kill("Runtime.ExitError")
            if act.refused:
                pass_time(self.clock, act.seconds)
                raise act.refused()

    def opened(self, line: Line) -> None:
        """A connection was made."""
        line.clock = self.clock
        self.line = line

    def answer(self, received: Received) -> Answer:
        """What the server says."""
        name = self.api.name_of(received)
        self.asked[-1][1].append(name)
        kind = self.plan.named(name)
        assert self.line
        act = kind.act if kind else None
        if name in {"file", "link"} and not (isinstance(act, HttpAct) and act.fast):
            self.line.seconds_of_a_byte = self.scenario.seconds_of_a_byte
            self.line.most = self.scenario.most
        if not isinstance(act, HttpAct):
            return self.api.answer(received)
        right = self.api.answer(received) if act.done else b""
        answer = act.answer(received, right, name)
        if act.breaks is not None and isinstance(answer, bytes):
            self.line.left = act.breaks(answer)
            self.line.end = partial(self._broken, act)
        return answer

    def _broken(self, act: HttpAct) -> BaseException:
        pass_time(self.clock, act.seconds)
        if act.killed:
            return self.plan.kill("Sandbox.Timedout")
        assert act.error
        return act.error()


def _cause(error: Exception) -> str:
    """What Lambda hands on of an error, and Step Functions cuts."""
    content = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": "1",
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
    return json.dumps(content, ensure_ascii=False)[:CAUSE_CHARACTERS]
