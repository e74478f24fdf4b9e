"""The list of a named plan: files that add up, run after run."""

import re
from datetime import timedelta
from itertools import combinations, permutations

import pytest

from sei_export import keys
from sei_export.batch.item import Item
from sei_export.batch.latest import Files, Latest
from sei_export.errors import StorageError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.close_batch import close_batch
from tests.fakes.batch_items import cut
from tests.fakes.batches import (
    BATCH_ARN,
    NOW,
    Batch,
    Ended,
    Ending,
    refused,
    teams_end,
    too_large,
)
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import landed, least, manifest, request_of

KEY = keys.latest_key("weekly")
JANUARY: JsonValue = {"start": "2024-01-01", "end": "2024-01-31"}
FEBRUARY: JsonValue = {"start": "2024-02-01", "end": "2024-02-29"}
YEAR: JsonValue = {"start": "2024-01-01", "end": "2024-12-31"}
ALL_LAND = teams_end({})


class Plan(Batch):
    """One plan, run after run, each with a nominal time of its own."""

    def complete(
        self, *entries: JsonValue, at: str, answer: Ending = ALL_LAND, name: str = "weekly"
    ) -> JsonObject:
        """A whole run."""
        self.plan(*entries, run=f"run-{at}", scheduledTime=f"{at}T06:00:00Z", name=name)
        return self.settle(answer)

    @property
    def latest(self) -> JsonObject:
        """The list; empty if there is none."""
        return self.s3.documents.read_json(KEY).content

    @property
    def listed(self) -> list[tuple[JsonValue, JsonValue, JsonValue]]:
        """Of each file, its team, its first day and its run."""
        return [_brief(each) for each in _files_of(self)]


def _files_of(plan: Plan) -> list[JsonObject]:
    files = plan.latest.get("files", [])
    assert isinstance(files, list)
    return [each for each in files if isinstance(each, dict)]


def _rows_of(plan: Plan) -> list[JsonObject]:
    rows = plan.latest["missingRows"]
    assert isinstance(rows, list)
    return [each for each in rows if isinstance(each, dict)]


def _brief(file: JsonObject) -> tuple[JsonValue, JsonValue, JsonValue]:
    days = file["dateRange"]
    assert isinstance(days, dict)
    return file["team"], days["start"], file["run"]


def _teams(days: JsonValue, *teams: JsonValue) -> JsonObject:
    return cut(list(teams) or "top", dateRange=days)


@pytest.fixture
def plan() -> Plan:
    return Plan()


def test_a_complete_run_lists_its_files_with_all_that_it_takes_to_read_them(plan: Plan) -> None:
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01")
    [item] = plan.items
    assert plan.latest["name"] == "weekly"
    files = plan.latest["files"]
    assert isinstance(files, list)
    [file] = files
    assert isinstance(file, dict)
    assert (file["key"], file["manifestKey"]) == (item.key, file["manifestKey"])
    assert {name: file[name] for name in ("versionId", "etag", "rows", "contentSha256")} == {
        "versionId": "v1",
        "etag": "e" * 32,
        "rows": 7,
        "contentSha256": "ab" * 32,
    }
    assert (file["dateRange"], file["teamName"]) == (JANUARY, "Solo")
    assert file["createdAt"]
    assert (file["run"], file["scheduledTime"]) == ("run-2024-02-01", "2024-02-01T06:00:00Z")
    # The run's own state is kept beside it.
    own = plan.s3.documents.read_json(keys.state_key("weekly", "2024-02-01T06:00:00Z")).content
    assert own["files"] == files


def test_days_that_a_run_did_not_ask_for_stay(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01")
    plan.complete(_teams(FEBRUARY), at="2024-03-01")
    assert {(start, run) for _, start, run in plan.listed} == {
        ("2024-01-01", "run-2024-02-01"),
        ("2024-02-01", "run-2024-03-01"),
    }
    assert len(plan.listed) == 6


def test_a_year_takes_the_place_of_its_months_and_a_month_that_of_its_year(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), _teams(FEBRUARY), at="2024-03-01")
    plan.complete(_teams(YEAR), at="2025-01-01")
    assert {run for _, _, run in plan.listed} == {"run-2025-01-01"}
    plan.complete(_teams(FEBRUARY), at="2025-01-02")
    assert {(start, run) for _, start, run in plan.listed} == {("2024-02-01", "run-2025-01-02")}


def test_another_report_or_shape_is_left_alone(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01")
    weekly = cut("top", dateRange=JANUARY, options={"granularity": "weekly"})
    plan.complete(weekly, at="2024-02-02")
    assert {run for _, _, run in plan.listed} == {"run-2024-02-01", "run-2024-02-02"}


def test_teams_that_are_gone_are_not_listed_any_more(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01")
    plan.complete(_teams(JANUARY, "Solo", "Product"), at="2024-02-02")
    assert {team for team, _, _ in plan.listed} == {"5", "7"}


def test_an_older_nominal_time_replaces_nothing_newer(plan: Plan) -> None:
    plan.complete(_teams(FEBRUARY), at="2024-03-02")
    plan.complete(_teams(JANUARY), _teams(FEBRUARY), at="2024-03-01")
    assert {(start, run) for _, start, run in plan.listed} == {
        ("2024-01-01", "run-2024-03-01"),
        ("2024-02-01", "run-2024-03-02"),
    }


def test_the_same_nominal_time_again_counts(plan: Plan) -> None:
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01")
    plan.complete(_teams(JANUARY, "Product"), at="2024-02-01")
    assert [team for team, _, _ in plan.listed] == ["5"]


def test_a_run_that_lacks_a_file_lists_nothing(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01")
    before = plan.latest
    plan.complete(_teams(JANUARY), at="2024-02-02", answer=teams_end({"7": refused()}))
    assert plan.latest == before


def test_a_split_team_gives_way_to_its_children_and_its_own_row_is_named(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01")
    assert {team for team, _, _ in plan.listed} == {"2", "5", "7"}
    teams = cut("top", dateRange=JANUARY, options={"metricLevel": "team"})
    for at, answer in (("2024-02-02", ALL_LAND), ("2024-02-03", teams_end({"2": too_large()}))):
        plan.complete(teams, at=at, answer=answer)
    of_teams = [team for team, _, run in plan.listed if run == "run-2024-02-03"]
    assert sorted(map(str, of_teams)) == ["3", "4", "5", "7"]
    assert "run-2024-02-02" not in {run for _, _, run in plan.listed}
    assert [each["team"] for each in _rows_of(plan)] == ["2"]
    # Once the whole lands again, nothing is missing any more.
    plan.complete(teams, at="2024-03-10", answer=ALL_LAND)


def test_a_plan_without_a_name_has_no_list() -> None:
    batch = Batch()
    batch.plan(_teams(JANUARY))
    content = batch.s3.documents.read_json(keys.plan_key("weekly")).content
    asked = content["plan"]
    assert isinstance(asked, dict)
    del asked["name"]
    batch.s3.documents.write_json(keys.plan_key("weekly"), content)
    assert batch.settle(ALL_LAND)["status"] == "COMPLETE"
    assert not [key for key in batch.s3.versions if key.startswith(keys.BATCH_PREFIX)]


def test_a_list_of_another_batch_that_is_quicker_is_joined(plan: Plan) -> None:
    other = Plan(s3=plan.s3)
    plan.plan(_teams(FEBRUARY), run="ours", scheduledTime="2024-03-01T06:00:00Z")
    plan.record(ALL_LAND)
    plan.s3.before(f"write {KEY}", lambda: other.complete(_teams(JANUARY), at="2024-02-01"), 1)
    payload: JsonObject = {"run": "ours", "round": 1, "executionArn": BATCH_ARN}
    close_batch(payload, plan.s3.documents, lambda: NOW, lambda _: None)
    assert {run for _, _, run in plan.listed} == {"ours", "run-2024-02-01"}


def test_what_is_no_list_is_begun_anew(plan: Plan) -> None:
    plan.s3.add(KEY, b'{"files": [{"path": 1}], "missingRows": []}')
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01")
    assert [team for team, _, _ in plan.listed] == ["7"]


def test_of_an_export_that_came_late_the_list_has_what_is_true_of_the_file(plan: Plan) -> None:
    newer: JsonObject = {
        "exportId": "newer",
        "createdAt": "2024-02-02T06:00:00Z",
        "completedAt": "2024-02-02T06:05:00Z",
    }
    plan.complete(
        _teams(JANUARY, "Solo"),
        at="2024-02-01",
        answer=lambda item: landed(item, superseded=True, newer=newer),
    )
    [file] = _files_of(plan)
    assert {name: file[name] for name in newer} == newer
    assert {name: plan.line("7")[name] for name in newer} == newer


# --- a plan that asks for rows twice ---


def test_of_entries_that_share_days_the_list_has_the_first_ones(plan: Plan) -> None:
    # Of February, the year's file has the rows, too.
    plan.complete(_teams(YEAR, "Solo"), _teams(FEBRUARY, "Solo", "Product"), at="2024-03-01")
    assert [(team, start) for team, start, _ in plan.listed] == [
        ("7", "2024-01-01"),
        ("5", "2024-02-01"),
    ]
    plan.complete(_teams(FEBRUARY, "Solo", "Product"), _teams(YEAR, "Solo"), at="2024-03-02")
    assert [(team, start) for team, start, _ in plan.listed] == [
        ("5", "2024-02-01"),
        ("7", "2024-02-01"),
    ]


def test_a_split_of_what_the_list_does_not_have_is_not_listed_either(plan: Plan) -> None:
    teams: JsonValue = {"metricLevel": "team"}
    first = cut(["Platform"], dateRange=YEAR, options=teams)
    other = cut(["Platform", "Solo"], dateRange=FEBRUARY, options=teams)

    def answer(item: Item) -> Ended:
        is_split = item.team == "2" and item.request.start.month == 2
        return too_large() if is_split else landed(item)

    for at, year in (("2024-03-01", ["2"]), ("2024-03-02", ["3", "4"])):
        closed = plan.complete(first, other, at=at, answer=answer)
        assert closed["status"] == "PARTIAL"
        assert [(team, start) for team, start, _ in plan.listed] == [
            *((team, "2024-01-01") for team in year),
            ("7", "2024-02-01"),
        ]
        # Split from the start, as is known by then, the year's own row is missing, too.
        lost = [] if year == ["2"] else ["2024-01-01"]
        assert [_brief(each)[1] for each in _rows_of(plan)] == lost


def test_a_part_of_what_the_list_does_not_have_is_not_listed_though_asked_for_by_its_id_alone(
    plan: Plan,
) -> None:
    year = cut("none", "efficiency", dateRange=YEAR)
    alone = least("efficiency", scope={"teamId": "5"}, dateRange=JANUARY)
    whole = cut("none", "efficiency", dateRange=JANUARY)

    def answer(item: Item) -> Ended:
        is_split = item.team is None and item.request.end.month == 1
        return too_large() if is_split else landed(item)

    plan.complete(year, alone, whole, at="2025-01-01", answer=answer)
    # January of the tree is in its year's file, and so is team 5's.
    assert [(team, start) for team, start, _ in plan.listed] == [(None, "2024-01-01")]


# --- what the bucket's retention has deleted ---


def _days_later(plan: Plan, days: int, *entries: JsonValue) -> None:
    plan.now += timedelta(days=days)
    plan.plan(*entries, run=f"days-{days}", scheduledTime=f"{plan.now:%Y-%m-%d}T06:00:00Z")
    plan.record(_landing(plan))
    payload: JsonObject = {"run": plan.run, "round": 1, "executionArn": BATCH_ARN}
    close_batch(payload, plan.s3.documents, lambda: plan.now, lambda _: None, timedelta(days=100))


def test_what_retention_has_deleted_leaves_the_list(plan: Plan) -> None:
    plan.complete(_teams(JANUARY, "Solo", "Product"), at="2024-02-01", answer=_landing(plan))
    [gone, _] = [it for it in plan.s3.versions if it.startswith(keys.MANIFEST_PREFIX)]
    plan.s3.delete(gone)
    # Nothing can have expired yet: it is not looked at.
    _days_later(plan, 40, _teams(FEBRUARY, "Solo"))
    assert len(plan.listed) == 3
    _days_later(plan, 11, _teams(FEBRUARY, "Solo"))
    assert len(plan.listed) == 2
    assert not any(file["manifestKey"] == gone for file in _files_of(plan))


def test_of_a_version_that_another_landing_replaced_long_ago_the_list_has_the_new_one(
    plan: Plan,
) -> None:
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01", answer=_landing(plan))
    [file] = _files_of(plan)
    newer = MANIFEST | {"versionId": "v9", "rows": 9, "key": file["key"]}
    plan.s3.documents.write_json(str(file["manifestKey"]), newer)
    _days_later(plan, 40, _teams(FEBRUARY, "Solo"))
    assert _files_of(plan)[0]["versionId"] == "v1"
    _days_later(plan, 11, _teams(FEBRUARY, "Solo"))
    [changed, _] = _files_of(plan)
    assert (changed["versionId"], changed["rows"], changed["run"]) == ("v9", 9, file["run"])


@pytest.mark.parametrize("order", [1, -1])
def test_a_team_that_is_asked_for_by_its_id_alone_is_listed_with_its_tree(
    plan: Plan, order: int
) -> None:
    alone = least("efficiency", scope={"teamId": "3"}, dateRange=JANUARY)
    entries = [alone, cut("leaves", "efficiency", dateRange=JANUARY)][::order]
    plan.complete(*entries, at="2024-02-01")
    assert {team for team, _, _ in plan.listed} == {"3", "4", "6", "7"}
    assert len({file["path"] for file in _files_of(plan)}) == 1


def test_the_part_of_a_tree_that_was_asked_for_by_its_id_alone_is_listed_with_it(
    plan: Plan,
) -> None:
    alone = least("efficiency", scope={"teamId": "3"}, dateRange=JANUARY)
    whole = cut("none", "efficiency", dateRange=JANUARY)
    plan.complete(
        *(alone, whole), at="2024-02-01", answer=teams_end({None: too_large(), "2": too_large()})
    )
    assert {team for team, _, _ in plan.listed} == {"3", "4", "5", "7"}
    assert len({file["path"] for file in _files_of(plan)}) == 1


def test_rows_that_are_missing_go_with_the_files_beside_them(plan: Plan) -> None:
    teams = cut(["Platform"], dateRange=JANUARY, options={"metricLevel": "team"})
    plan.complete(teams, at="2024-02-01", answer=_landing(plan, {"2": too_large()}))
    for key in [it for it in plan.s3.versions if it.startswith(keys.MANIFEST_PREFIX)]:
        plan.s3.delete(key)
    _days_later(plan, 60, _teams(FEBRUARY, "Solo"))
    assert [team for team, _, _ in plan.listed] == ["7"]
    assert _rows_of(plan) == []


# --- what manifests say of files that a list no longer has ---


MANIFEST: JsonObject = manifest(request_of("productivity")).to_json() | {"columns": ["a"]}


def _landed_at(plan: Plan, key: str) -> None:
    """What a landing writes of the file, whatever was there."""
    plan.s3.documents.write_json(key, MANIFEST)


def _landing(plan: Plan, teams: dict[str | None, Ended] | None = None) -> Ending:
    """As `teams_end`, with manifests."""

    def ending(item: Item) -> Ended:
        ended = teams_end(teams or {})(item)
        if ended and "result" in ended:
            _landed_at(plan, _manifest_key(item.key))
        return ended

    return ending


def _manifest_key(data_key: str) -> str:
    return data_key.replace("exports/", "manifests/").replace("export.csv.gz", "manifest.json")


def _superseded(plan: Plan) -> dict[str, JsonValue]:
    """By team and first day, what the manifests of superseded files say."""
    manifests = {
        key: plan.s3.documents.read_json(key).content
        for key in plan.s3.versions
        if key.startswith(keys.MANIFEST_PREFIX)
    }
    assert all(it["columns"] == ["a"] for it in manifests.values())
    parts = re.compile(r"scope_team=(\w+)/range_start=([\d-]+)/")
    return {
        " ".join(found.groups()): it["supersededBy"]
        for key, it in manifests.items()
        if "supersededBy" in it and (found := parts.search(key))
    }


def _by(run: str, files: int, name: str = "weekly") -> JsonObject:
    return {
        "latestKey": f"batches/{name}/latest.json",
        "run": f"run-{run}",
        "scheduledTime": f"{run}T06:00:00Z",
        "closedAt": "2026-03-15T07:30:00Z",
        "files": files,
    }


def test_the_manifest_of_a_split_team_says_where_to_read_instead(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01", answer=_landing(plan))
    assert _superseded(plan) == {}
    split = _landing(plan, {"2": too_large()})
    plan.complete(_teams(JANUARY), at="2024-02-02", answer=split)
    assert "2" not in {team for team, _, _ in plan.listed}
    assert _superseded(plan) == {"2 2024-01-01": _by("2024-02-02", files=4)}


def test_a_team_that_lands_whole_again_is_not_superseded_and_its_children_are(plan: Plan) -> None:
    split = _landing(plan, {"2": too_large()})
    plan.complete(_teams(JANUARY), at="2024-02-01", answer=split)
    whole = cut("none", dateRange=JANUARY)
    plan.complete(whole, at="2024-02-02", answer=_landing(plan))
    by = _by("2024-02-02", files=1)
    assert _superseded(plan) == {f"{team} 2024-01-01": by for team in ("3", "4", "5", "7")}


def test_what_comes_back_into_the_list_is_not_superseded_any_more(plan: Plan) -> None:
    # Its landing came before another batch that took it out of the list, and its own end after.
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01", answer=_landing(plan))
    plan.complete(_teams(JANUARY, "Product"), at="2024-02-02", answer=_landing(plan))
    assert set(_superseded(plan)) == {"7 2024-01-01"}
    plan.complete(_teams(JANUARY, "Solo", "Product"), at="2024-02-03")
    assert _superseded(plan) == {}


def test_what_another_plans_list_lacks_stays_said(plan: Plan) -> None:
    for at, team in (("2024-02-01", "Solo"), ("2024-02-02", "Product")):
        plan.complete(_teams(JANUARY, team), at=at, answer=_landing(plan), name="other")
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-03")
    assert _superseded(plan) == {"7 2024-01-01": _by("2024-02-02", files=1, name="other")}


def test_days_that_a_run_did_not_ask_for_and_files_of_the_same_keys_are_not_superseded(
    plan: Plan,
) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01", answer=_landing(plan))
    plan.complete(_teams(JANUARY), _teams(FEBRUARY), at="2024-03-01", answer=_landing(plan))
    assert _superseded(plan) == {}


def test_an_older_run_supersedes_nothing(plan: Plan) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-02", answer=_landing(plan))
    plan.complete(cut("none", dateRange=JANUARY), at="2024-02-01", answer=_landing(plan))
    assert _superseded(plan) == {}


def test_a_manifest_that_is_gone_is_not_made_anew(plan: Plan) -> None:
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01")
    plan.complete(_teams(JANUARY, "Product"), at="2024-02-02")
    assert not [key for key in plan.s3.versions if key.startswith(keys.MANIFEST_PREFIX)]


def test_a_file_that_stays_after_a_lost_race_is_not_superseded(plan: Plan) -> None:
    # The late run sees the list as it was before the newer one wrote it, and says that 7 is gone.
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01", answer=_landing(plan))
    newer = Plan(s3=plan.s3)
    newer.plan(_teams(JANUARY, "Solo"), run="newer", scheduledTime="2024-02-03T06:00:00Z")
    newer.record(_landing(plan))
    plan.plan(_teams(JANUARY, "Product"), run="late", scheduledTime="2024-02-02T06:00:00Z")
    plan.record(_landing(plan))
    said: list[str] = []

    def quicker() -> None:
        said.extend(_superseded(plan))
        newer.close()

    plan.s3.before(f"write {KEY}", quicker, 2)
    payload: JsonObject = {"run": "late", "round": 1, "executionArn": BATCH_ARN}
    close_batch(payload, plan.s3.documents, lambda: NOW, lambda _: None)
    assert said == ["7 2024-01-01"]
    assert {(team, run) for team, _, run in plan.listed} == {("7", "newer")}
    assert _superseded(plan) == {}


def test_a_landing_at_the_same_moment_is_superseded_as_it_is_then(plan: Plan) -> None:
    plan.complete(_teams(JANUARY, "Solo"), at="2024-02-01", answer=_landing(plan))
    [item] = plan.items
    key = _manifest_key(item.key)
    again = MANIFEST | {"versionId": "v2"}
    plan.s3.before(f"write {key}", lambda: plan.s3.documents.write_json(key, again), 2)
    plan.complete(_teams(JANUARY, "Product"), at="2024-02-02", answer=_landing(plan))
    content = plan.s3.documents.read_json(key).content
    assert content == again | {"supersededBy": _by("2024-02-02", files=1)}


@pytest.mark.parametrize(
    ("failing", "write"),
    [
        pytest.param("manifests/", 2, id="at a manifest"),
        pytest.param(KEY, 3, id="at the list"),
    ],
)
def test_given_a_close_that_died_when_tried_again_then_all_is_said(
    plan: Plan, failing: str, write: int
) -> None:
    plan.complete(_teams(JANUARY), at="2024-02-01", answer=_landing(plan))
    # Of team 2, which is split at once from then on.
    keys_there = [it for it in plan.s3.versions if it.startswith(failing)]
    key = next((it for it in keys_there if "scope_team=2/" in it), KEY)
    split = _landing(plan, {"2": too_large()})
    plan.complete(_teams(FEBRUARY), at="2024-02-02", answer=split)
    plan.s3.before(f"write {key}", raising(refusal("AccessDenied", 403)), write)
    with pytest.raises(StorageError):
        plan.complete(_teams(JANUARY), at="2024-02-03", answer=_landing(plan))
    assert plan.close()["status"] == "COMPLETE"
    assert _superseded(plan) == {"2 2024-01-01": _by("2024-02-03", files=4)}


# --- whatever the order ---


def _files(start: str, end: str, at: int, path: str = "a") -> Files:
    said: JsonObject = {
        "path": path,
        "dateRange": {"start": start, "end": end},
        "scheduledTime": f"2024-01-0{at}T06:00:00Z",
        "closedAt": f"2024-01-0{at}T07:00:00Z",
        "team": str(at),
    }
    return Files.of(said)


RUNS = [
    Latest("n", (_files("2024-01-01", "2024-01-31", 1),)),
    Latest("n", (_files("2024-02-01", "2024-02-29", 2),)),
    Latest("n", (_files("2024-01-15", "2024-02-15", 3),)),
    Latest("n", (_files("2024-01-01", "2024-01-31", 4),)),
]


def test_a_late_run_that_gives_way_to_a_newer_one_removes_nothing() -> None:
    oldest = _files("2024-01-01", "2024-01-31", 1)
    late, newest = _files("2024-01-20", "2024-02-29", 2), _files("2024-02-20", "2024-03-31", 3)
    listed = Latest("weekly", (oldest, newest))
    assert listed.after(Latest("weekly", (late,))) == listed


@pytest.mark.parametrize("order", list(permutations(range(len(RUNS)))), ids=str)
def test_whatever_the_order_of_runs_no_two_files_overlap_and_the_newest_is_there(
    order: tuple[int, ...],
) -> None:
    latest = Latest("n")
    for at in order:
        latest = latest.after(RUNS[at])
        assert not [(a, b) for a, b in combinations(latest.files, 2) if a.touches(b)]
        # Again changes nothing.
        assert latest.after(RUNS[at]) == latest
    assert RUNS[3].files[0] in latest.files
    assert Latest.from_json("n", latest.to_json()) == latest
