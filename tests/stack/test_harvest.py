"""The harvest lands what nobody has landed, and nothing twice."""

import time
from typing import cast

from sei_export.jsontypes import JsonObject
from tests.stack.harness import SEEDED_A_DAY, Execution, Harness, new_team

SEEDED = 120


NOTHING = dict.fromkeys(("listed", "known", "landed", "pending", "givenUp"), 0)


def _counts(run: Execution) -> JsonObject:
    """What a harvest that succeeded has counted."""
    assert run.status == "SUCCEEDED", run.cause
    assert set(run.output) == {*NOTHING, "run", "bucket", "manifestKey"}
    return {name: run.output[name] for name in NOTHING}


def _outcomes(manifest: JsonObject) -> dict[str, str]:
    """What became of each export."""
    listed = cast("list[JsonObject]", manifest["exports"])
    return {str(each["exportId"]): str(each["outcome"]) for each in listed}


def _harvest(stack: Harness, **given: object) -> Execution:
    return stack.run(given, machine=stack.stack.outputs["HarvestStateMachineArn"])


def test_120_exports_on_3_pages_of_which_20_have_landed_make_100_and_then_none(
    stack: Harness,
) -> None:
    team = new_team()
    ids = stack.simulator.seed("business-alignment", team, SEEDED)
    window = {"report": "business-alignment", "teamId": team}
    first = _harvest(stack, **window, dateFrom="2026-01-01", dateTo="2026-01-01")
    assert first.status == "SUCCEEDED", first.cause
    assert first.output["landed"] == SEEDED_A_DAY

    second = _harvest(stack, **window, dateFrom="2026-01-01")
    assert second.status == "SUCCEEDED", second.cause
    assert _counts(second) == {
        "listed": SEEDED,
        "known": SEEDED_A_DAY,
        "landed": SEEDED - SEEDED_A_DAY,
        "pending": 0,
        "givenUp": 0,
    }
    said = stack.manifest(str(second.output["manifestKey"]))
    assert (said["status"], len(_outcomes(said))) == ("COMPLETE", SEEDED - SEEDED_A_DAY)
    # Two full pages, a short one, and an empty one: a short one may be a server's own limit.
    assert second.entered("ListExports") == 4
    folder = "harvested/report=business-alignment/export="
    for export in ids:
        assert len(stack.versions(f"{folder}{export}.csv.gz")) == 1
    key = f"{folder}{ids[-1]}.csv.gz"
    assert stack.csv(key) == stack.simulator.content(ids[-1])
    announced = stack.events.find("exportId", ids[-1])
    assert [event["detail-type"] for event in announced] == ["ExportCompleted"]

    third = _harvest(stack, **window, dateFrom="2026-01-01")
    assert _counts(third) == NOTHING | {"listed": SEEDED, "known": SEEDED}


def test_what_an_execution_has_landed_or_may_be_about_to_land_is_left_to_it(
    stack: Harness,
) -> None:
    team = new_team()
    landed = stack.run(
        {
            "report": "business-alignment",
            "scope": {"teamId": team},
            "dateRange": {"start": "2024-01-01", "end": "2024-03-31"},
            "options": {"granularity": "MONTHLY"},
        }
    )
    assert landed.status == "SUCCEEDED", landed.cause
    run = _harvest(stack, teamId=team)
    # It is younger than the minute that an execution of this stack may take.
    assert _counts(run) == NOTHING | {"listed": 1, "pending": 1}
    time.sleep(60)
    run = _harvest(stack, teamId=team)
    assert _counts(run) == NOTHING | {"listed": 1, "known": 1}


def test_an_export_that_cannot_land_fails_three_harvests_and_then_is_left_alone(
    stack: Harness,
) -> None:
    team, bad = new_team(), new_team()
    stack.simulator.behave(bad, corrupt="bad-crc")
    good = stack.simulator.seed("efficiency", team, 2)
    broken = stack.simulator.seed("efficiency", bad, 1)
    run = _harvest(stack, report="efficiency", dateFrom="2026-01-01")

    assert (run.status, run.error) == ("FAILED", "HarvestIncompleteError")
    assert f"1 CorruptDownloadError (export {broken[0]} of efficiency: " in run.cause
    key = f"runs/{run.cause.partition('See runs/')[2].partition('/')[0]}/manifest.json"
    outcomes = _outcomes(stack.manifest(key))
    assert outcomes.items() >= {**dict.fromkeys(good, "landed"), broken[0]: "failed"}.items()
    for export in good:
        assert stack.versions(f"harvested/report=efficiency/export={export}.csv.gz")
    events = stack.events.find("exportId", broken[0])
    assert [event["detail"]["error"] for event in events] == ["CorruptDownloadError"]  # type: ignore[index, call-overload]  # by its schema

    window = {"report": "efficiency", "dateFrom": "2026-01-01", "teamId": bad}
    assert [_harvest(stack, **window).status for _ in range(2)] == ["FAILED", "FAILED"]
    fourth = _harvest(stack, **window)
    assert _counts(fourth) == NOTHING | {"listed": 1, "givenUp": 1}
    said = stack.manifest(str(fourth.output["manifestKey"]))
    assert _outcomes(said) == {broken[0]: "givenUp"}
    record = f"givenup/report=efficiency/export={broken[0]}.json"
    assert (stack.manifest(record)["count"], stack.manifest(record)["givenUp"]) == (3, True)

    stack.simulator.behave(bad)
    again = _harvest(stack, **window, retry=True)
    assert _counts(again) == NOTHING | {"listed": 1, "landed": 1}
    assert stack.csv(f"harvested/report=efficiency/export={broken[0]}.csv.gz")
    listed = stack.aws.s3.list_objects_v2(Bucket=stack.bucket, Prefix=record)
    assert listed["KeyCount"] == 0


def test_given_a_server_with_pages_of_its_own_then_all_lands_or_the_harvest_fails(
    stack: Harness,
) -> None:
    clamped, ignored = new_team(), new_team()
    stack.simulator.behave(clamped, paging="clamped")
    stack.simulator.behave(ignored, paging="ignored", promised=12)
    stack.simulator.seed("sprint", clamped, 30)
    ids = stack.simulator.seed("sprint", ignored, 12)

    whole = _harvest(stack, report="sprint", dateFrom="2026-01-01", teamId=clamped)
    assert whole.status == "SUCCEEDED", whole.cause
    assert _counts(whole) == NOTHING | {"listed": 30, "landed": 30}
    assert whole.entered("ListExports") == 3

    part = _harvest(stack, report="sprint", dateFrom="2026-01-01", teamId=ignored, limit=10)
    assert (part.status, part.error) == ("FAILED", "HarvestIncompleteError")
    assert "promise 2 more than they have" in part.cause
    assert part.entered("ListExports") == 2
    folder = "harvested/report=sprint/export="
    assert [len(stack.versions(f"{folder}{export}.csv.gz")) for export in ids] == [1] * 10 + [0] * 2


def test_a_wrong_filter_is_refused_before_any_call(stack: Harness) -> None:
    before = stack.simulator.calls_of_all()
    run = _harvest(stack, report="team-report", limit=500, sortOrder="up")
    assert (run.status, run.error) == ("FAILED", "InvalidRequestError")
    assert "3 problems" in run.cause
    assert stack.simulator.calls_of_all() == before
