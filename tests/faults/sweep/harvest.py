"""One execution of the harvest machine through faults, and what holds of it."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from sei_export import keys
from sei_export.bucket.documents import Documents
from sei_export.harvest.defaults import HarvestDefaults
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.close_harvest import close_harvest
from sei_export.steps.download_export import download_export
from sei_export.steps.list_exports import list_exports
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.loopback import Received
from tests.fakes.s3 import BUCKET
from tests.faults.sweep import promises
from tests.faults.sweep.api import Api, Made, as_json, told, wire
from tests.faults.sweep.journey import Journey
from tests.faults.sweep.scenarios import Scenario
from tests.statemachine.engine import End
from tests.statemachine.walks import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEFAULTS = HarvestDefaults("acme", "metrics", timedelta(minutes=60))
_IDS = ("exp_1", "exp_2")
_DAY_SECONDS = 86_400

HARVESTED = Scenario("harvest")
_EMPTY_LISTS = {"a JSON list"}
"""Kinds by which a list says that there is nothing, which nobody can tell from the truth."""


class ListingApi(Api):
    """The API, where two exports were completed a day ago."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for export_id in _IDS:
            self.made[export_id] = Made(self.now() - _DAY_SECONDS, ["completed"])

    def name_of(self, received: Received) -> str:
        """What a call asks for."""
        return "list" if received.path.endswith("/exports") else super().name_of(received)

    def answer(self, received: Received) -> bytes:
        """The right answer, on the wire; a list has one page."""
        if self.name_of(received) != "list":
            return super().answer(received)
        entries: list[JsonValue] = [
            {"exportId": export_id, "status": "COMPLETED", "createdAt": told(made.at)}
            for export_id, made in self.made.items()
        ]
        shown = entries if received.query["page"] == ["0"] else []
        return wire(200, as_json({"exports": shown, "totalElements": len(entries)}))


class HarvestJourney(Journey):
    """One harvest of two exports of one report."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.engine.given = {"report": "productivity"}
        self.api = ListingApi(self.scenario, self.now, self.elsewhere)

    def run(self) -> End:
        """Run it to its end."""
        self.end = self.engine.run(DEFINITIONS["harvest"])
        return self.end

    def steps(self, state: str, payload: JsonObject) -> "Mapping[str, Callable[[], JsonObject]]":
        """The steps by the states that call them."""
        return {
            "ListExports": lambda: list_exports(
                payload,
                _DEFAULTS,
                self.connector(state, fresh=not payload.get("cursor")),
                Documents(self.client, BUCKET),
            ),
            "RecordOutcome": lambda: record_outcome(
                payload,
                Documents(self.client, BUCKET),
                Documents(self.client, BUCKET),
                lambda: datetime.now(UTC),
            ),
            "CloseHarvest": lambda: close_harvest(
                payload,
                Documents(self.client, BUCKET),
                lambda: datetime.fromtimestamp(self.now(), UTC),
            ),
            "LandExport": lambda: download_export(
                payload, self.connector(state), self.landing, self.staging
            ),
        }


def check(journey: HarvestJourney, log: str) -> str:
    """Check what always holds of a harvest.

    Args:
        journey: After its end.
        log: What was logged.

    Returns:
        `landed` or `failed_with_an_event`.
    """
    promises.check_no_key(journey, log)
    promises.check_calls(journey)
    assert journey.seconds <= cast("int", DEFINITIONS["harvest"]["TimeoutSeconds"])
    visible = promises.visible(journey.s3)
    for key, version in visible.items():
        assert gzip.decompress(version.body) in promises.contents(journey), key
    completed, failed = (
        {str(it["exportId"]) for it in journey.bus.details if ("error" in it) is is_failure}
        for is_failure in (False, True)
    )
    landed = {it for it in _IDS if any(f"/export={it}.csv.gz" in key for key in visible)}
    assert completed <= landed
    for export_id in completed:
        manifest = f"manifests/harvested/report=productivity/export={export_id}.json"
        said = json.loads(journey.s3.versions[manifest][-1].body)
        assert said["exportId"] == export_id
    _check_manifest(journey, landed)
    if journey.end.error is None:
        assert journey.end.state == "HarvestSucceeded"
        names = {kind.name for _, kind in journey.plan.struck}
        assert completed == set(_IDS) or names & _EMPTY_LISTS
        return "landed"
    # Its own event, and one for each export that it could not land.
    assert journey.end.state == "HarvestFailed", journey.end
    assert "None" in failed
    return "failed_with_an_event"


def _check_manifest(journey: HarvestJourney, landed: set[str]) -> None:
    """Unless closing failed, there is what is said of the whole, and it agrees with the end."""
    found = [key for key in journey.s3.versions if key.endswith(".harvest/manifest.json")]
    if not found:
        assert journey.end.error is not None
        return
    (key,) = found
    said = json.loads(journey.s3.versions[key][-1].body)
    assert (said["status"] == "COMPLETE") >= (journey.end.error is None)
    told = {it["exportId"] for it in said["exports"] if it["outcome"] == "landed"}
    assert told <= landed
    given_up = [key for key in journey.s3.versions if key.startswith(keys.GIVEN_UP_PREFIX)]
    for each in given_up:
        # One harvest counts once, however often its functions were called.
        assert json.loads(journey.s3.versions[each][-1].body)["count"] == 1


def check_end(journey: HarvestJourney) -> None:
    """A harvest whose faults are each over at the next try fails only with one of theirs."""
    allowed: set[str | None] = {None}
    for at, kind in journey.plan.struck:
        allowed |= kind.fails(journey.plan.met[at - 1].name)
    if len(allowed) > 1:
        allowed.add("HarvestIncompleteError")
    assert journey.end.error in allowed, f"{journey.end.error}: {journey.end.cause}"
