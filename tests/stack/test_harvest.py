"""The harvest lands what nobody has landed, and nothing twice."""

import time

from tests.stack.harness import SEEDED_A_DAY, Execution, Harness, new_team

SEEDED = 120


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
    assert second.output == {
        "listed": SEEDED,
        "known": SEEDED_A_DAY,
        "landed": SEEDED - SEEDED_A_DAY,
        "pending": 0,
    }
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
    assert third.output == {"listed": SEEDED, "known": SEEDED, "landed": 0, "pending": 0}


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
    assert run.output == {"listed": 1, "known": 0, "landed": 0, "pending": 1}
    time.sleep(60)
    run = _harvest(stack, teamId=team)
    assert run.output == {"listed": 1, "known": 1, "landed": 0, "pending": 0}


def test_an_export_that_cannot_land_does_not_stop_the_others_but_fails_the_harvest(
    stack: Harness,
) -> None:
    team, bad = new_team(), new_team()
    stack.simulator.behave(bad, corrupt="bad-crc")
    good = stack.simulator.seed("efficiency", team, 2)
    broken = stack.simulator.seed("efficiency", bad, 1)
    run = _harvest(stack, report="efficiency", dateFrom="2026-01-01")

    assert (run.status, run.error) == ("FAILED", "HarvestIncompleteError")
    assert "1 of " in run.cause
    for export in good:
        assert stack.versions(f"harvested/report=efficiency/export={export}.csv.gz")
    events = stack.events.find("exportId", broken[0])
    assert [event["detail"]["error"] for event in events] == ["CorruptDownloadError"]  # type: ignore[index, call-overload]  # by its schema


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
    assert whole.output == {"listed": 30, "known": 0, "landed": 30, "pending": 0}
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
