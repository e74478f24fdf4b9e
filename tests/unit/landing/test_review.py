"""What a landed file is compared with, and that no fault of a comparison fails an export."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from sei_export import keys
from sei_export.errors import ServiceUnavailableError
from sei_export.export import Export
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing import cautions
from sei_export.landing.land import Landing
from sei_export.landing.raw import RawFile
from sei_export.masking import Mask
from sei_export.request.export_request import ExportRequest
from tests.fakes.bay import Bay
from tests.fakes.raw import Pieces
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import request, request_of
from tests.fakes.stage import ARN, CREATED_AT

MARCH = request(dateRange={"start": "2025-03-01", "end": "2025-03-31"})
FEBRUARY = replace(MARCH, start=date(2025, 2, 1), end=date(2025, 2, 28))
HEADER = b"team,PR_MERGED\n"


@pytest.fixture
def bay() -> Bay:
    return Bay()


def _rows(count: int, header: bytes = HEADER) -> bytes:
    return header + b"x,1\n" * count


def _land(
    bay: Bay, asked: ExportRequest, content: bytes, run: str, created_at: str = CREATED_AT
) -> list[tuple[str, str]]:
    export = Export.of(asked, f"exp_{run}", created_at, reused=False)
    return _said(bay.land_export(export, content, run))


def _said(result: JsonObject) -> list[tuple[str, str]]:
    warnings = result["warnings"]
    assert isinstance(warnings, list)
    return [(str(it["code"]), str(it["message"])) for it in warnings if isinstance(it, dict)]


def _codes(said: Sequence[tuple[str, str]]) -> list[str]:
    return [code for code, _ in said]


# --- rows ---


@pytest.mark.parametrize(("rows", "codes"), [(4, ["rowsFell"]), (5, []), (6, []), (20, [])])
@pytest.mark.parametrize("before", [MARCH, FEBRUARY], ids=["the last version", "the month before"])
def test_given_fewer_than_half_of_the_rows_then_numbers_and_key_are_said(
    bay: Bay, before: ExportRequest, rows: int, codes: list[str]
) -> None:
    assert _land(bay, before, _rows(10), "1") == []
    said = _land(bay, MARCH, _rows(rows), "2")
    assert _codes(said) == codes
    for _, message in said:
        assert (
            f"has {rows} rows, fewer than half of the 10 of {keys.request_key(before)}." in message
        )


def test_given_a_last_version_then_the_month_before_is_not_read(bay: Bay) -> None:
    _land(bay, FEBRUARY, _rows(100), "1")
    _land(bay, MARCH, _rows(60), "2")
    bay.s3.calls.clear()
    assert _land(bay, MARCH, _rows(40), "3") == []
    read = [key for operation, key in bay.s3.calls if operation == "get_object"]
    assert keys.request_manifest_key(MARCH) in read
    assert keys.request_manifest_key(FEBRUARY) not in read


def test_two_manifests_are_read_at_most_and_nothing_is_listed(bay: Bay) -> None:
    _land(bay, FEBRUARY, _rows(100), "1")
    bay.s3.calls.clear()
    assert _codes(_land(bay, MARCH, b"a,b\n", "2")) == [
        *("noRows", "rowsFell", "columnsAdded", "columnsRemoved")
    ]
    read = [key for operation, key in bay.s3.calls if operation == "get_object"]
    assert [key for key in read if key.startswith("manifests/")] == [
        keys.request_manifest_key(MARCH),
        keys.request_manifest_key(FEBRUARY),
    ]
    assert "list_objects_v2" not in bay.s3.operations()


def test_given_no_rows_where_the_month_before_had_some_then_both_are_said(bay: Bay) -> None:
    _land(bay, FEBRUARY, _rows(2), "1")
    assert _codes(_land(bay, MARCH, HEADER, "2")) == ["noRows", "rowsFell"]
    # The last version had none.
    assert _codes(_land(bay, MARCH, HEADER, "3")) == ["noRows"]


def test_given_no_rows_any_more_then_that_is_enough(bay: Bay) -> None:
    _land(bay, MARCH, _rows(10), "1")
    assert _codes(_land(bay, MARCH, HEADER, "2")) == ["noRowsAnyMore"]


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2025-03-01", "2025-03-17", ("2025-02-01", "2025-02-28")),
        ("2025-01-01", "2025-03-31", ("2024-12-01", "2024-12-31")),
    ],
    ids=["a month to date", "a quarter"],
)
def test_given_a_range_of_another_kind_then_nothing_is_compared(
    bay: Bay, start: str, end: str, before: tuple[str, str]
) -> None:
    other = request(dateRange={"start": before[0], "end": before[1]})
    _land(bay, other, _rows(100), "1")
    assert _land(bay, request(dateRange={"start": start, "end": end}), _rows(1), "2") == []


def test_given_days_that_are_not_over_then_rows_are_not_compared_with_the_days_before(
    bay: Bay,
) -> None:
    _land(bay, FEBRUARY, _rows(100), "1")
    open_march = replace(MARCH, is_not_over=True)
    noon, evening = "2025-03-31T12:00:00Z", "2025-03-31T20:00:00Z"
    assert _codes(_land(bay, open_march, _rows(10), "2", noon)) == ["notOver"]
    assert _codes(_land(bay, open_march, _rows(1), "3", evening)) == ["rowsFell", "notOver"]


def test_given_days_to_date_then_rows_are_not_compared_with_the_days_before(bay: Bay) -> None:
    first = replace(MARCH, end=MARCH.start)
    yesterday = replace(first, start=date(2025, 2, 28), end=date(2025, 2, 28))
    _land(bay, yesterday, _rows(10), "1", "2025-03-01T06:00:00Z")
    assert _land(bay, first, _rows(3), "2", "2025-03-01T06:00:00Z") == []
    # A day later it is over, and so few rows are worth a look.
    again = replace(first, start=date(2025, 3, 2), end=date(2025, 3, 2))
    assert _codes(_land(bay, again, _rows(1), "3", "2025-03-03T06:00:00Z")) == ["rowsFell"]


# --- columns ---


@pytest.mark.parametrize("before", [MARCH, FEBRUARY], ids=["the last version", "the month before"])
def test_given_other_columns_then_names_and_key_are_said(bay: Bay, before: ExportRequest) -> None:
    _land(bay, before, _rows(2), "1")
    key = keys.request_key(before)
    assert _land(bay, MARCH, _rows(2, b"Team,PR_MERGED\n"), "2") == [
        ("columnsAdded", f'Columns were added, compared with {key}: "Team".'),
        ("columnsRemoved", f'Columns are gone, compared with {key}: "team".'),
    ]


def test_given_an_empty_answer_then_it_has_no_columns_to_compare(bay: Bay) -> None:
    _land(bay, FEBRUARY, _rows(2), "1")
    assert _codes(_land(bay, MARCH, b"", "2")) == ["noRows", "rowsFell"]
    assert _codes(_land(bay, MARCH, _rows(1), "3")) == []


# --- another try ---

AGAIN = [
    pytest.param(MARCH, id="the last version"),
    pytest.param(FEBRUARY, id="the month before"),
]


@pytest.mark.parametrize("before", AGAIN)
def test_given_a_second_try_then_it_says_the_same_again(bay: Bay, before: ExportRequest) -> None:
    _land(bay, before, _rows(10), "1")
    content = _rows(2, b"team,n\n")
    first = _land(bay, MARCH, content, "2")
    assert _codes(first) == ["rowsFell", "columnsAdded", "columnsRemoved"]
    assert _land(bay, MARCH, content, "2") == first
    assert _land(bay, MARCH, content, "3") == []


@pytest.mark.parametrize("before", AGAIN)
def test_given_a_crash_before_the_manifest_then_the_second_try_says_what_the_first_would_have(
    bay: Bay, before: ExportRequest
) -> None:
    _land(bay, before, _rows(10), "1")
    manifest, number = keys.request_manifest_key(MARCH), 2 if before is MARCH else 1
    bay.s3.before(f"write {manifest}", raising(refusal("InternalError", 500)), number)
    with pytest.raises(ServiceUnavailableError):
        _land(bay, MARCH, _rows(2), "2")
    assert _codes(_land(bay, MARCH, _rows(2), "2")) == ["rowsFell"]


# --- days ---


def test_given_rows_of_other_days_then_it_is_said_which(bay: Bay) -> None:
    content = b"Team,Start_Date,End_Date\na,2024-03-01,2024-03-31\n"
    assert _land(bay, MARCH, content, "1") == [
        (
            "datesOutside",
            (
                "None of the rows is about the days asked for, 2025-03-01 to 2025-03-31: they are "
                "about 2024-03-01 to 2024-03-31."
            ),
        )
    ]
    assert _land(bay, MARCH, content.replace(b"2024-03-31", b"2025-03-01"), "2") == []


def test_given_dates_of_a_months_first_days_then_a_monthly_request_is_about_them(bay: Bay) -> None:
    content = b"Team,Date\na,2025-03-01\n"
    for granularity, codes in (("monthly", []), ("weekly", ["datesOutside"])):
        middle = request(
            dateRange={"start": "2025-03-15", "end": "2025-03-20"},
            options={"granularity": granularity},
        )
        assert _codes(_land(bay, middle, content, granularity)) == codes


def test_given_days_that_were_not_over_then_it_is_said(bay: Bay) -> None:
    asked = replace(MARCH, is_not_over=True)
    [(code, message)] = _land(bay, asked, _rows(1), "1", "2025-03-31T12:00:00Z")
    assert code == "notOver"
    assert "end on 2025-03-31 and were not over when the export was created, at 2025-03-31T12" in (
        message
    )


# --- org trees ---


def _land_empty(
    bay: Bay, asked: ExportRequest, list_trees: Callable[[], Sequence[str]]
) -> list[tuple[str, str]]:
    export = Export.of(asked, "exp_1", CREATED_AT, reused=False)
    file = RawFile(Pieces([HEADER], is_end_told=True), None, Mask())
    landing = Landing(bay.s3.store, bay.s3.documents, bay.events.bus)
    return _said(landing.land(export, ExportRun(f"{ARN}1", 1, 1), file, list_trees))


def test_given_a_tree_that_is_not_listed_then_names_near_it_are_said(bay: Bay) -> None:
    asked = request(scope={"orgTreeName": "Enginering"})
    said = _land_empty(bay, asked, lambda: ["Sales", "ENGINEERING", "Engineering EU"])
    assert said == [
        (
            "noRows",
            (
                "The file has a header and no rows. The first page of the API's list has no org "
                'tree "Enginering"; did you mean "ENGINEERING", "Engineering EU"?'
            ),
        )
    ]


@pytest.mark.parametrize("names", [[], ["Sales", " Engineering"]], ids=["none", "the tree"])
def test_given_a_tree_that_is_listed_or_no_list_then_nothing_is_said_of_it(
    bay: Bay, names: list[str]
) -> None:
    said = _land_empty(bay, request(), lambda: names)
    assert said == [("noRows", "The file has a header and no rows.")]


def test_given_nobody_who_can_ask_for_trees_then_nothing_is_tried(
    bay: Bay, caplog: pytest.LogCaptureFixture
) -> None:
    _land(bay, MARCH, HEADER, "1")
    of_review = [it.getMessage() for it in caplog.records if it.name.endswith(".review")]
    assert of_review == ["noRows: The file has a header and no rows."]


def test_given_a_list_that_fails_then_the_file_lands_all_the_same(
    bay: Bay, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[str]:
        raise RuntimeError("no list")

    assert _codes(_land_empty(bay, request(), fail)) == ["noRows"]
    assert "Which org trees there are is not known: no list" in caplog.text


def test_given_a_team_alone_then_no_tree_is_asked_for(bay: Bay) -> None:
    def fail() -> list[str]:
        raise AssertionError

    asked = request_of("sprint", scope={"teamId": "8"})
    assert _codes(_land_empty(bay, asked, fail)) == ["noRows"]


# --- whatever goes wrong ---


def test_given_a_comparison_that_fails_then_the_file_lands_without_its_warnings(
    bay: Bay, caplog: pytest.LogCaptureFixture
) -> None:
    bay.s3.before("get_object", raising(refusal("AccessDenied", 403)), 2)
    assert _codes(_land(bay, MARCH, b"team,,\nx,1,2\n", "1")) == ["emptyColumns"]
    assert "What the range before had is not known" in caplog.text
    assert len(bay.events.details) == 1


def test_given_a_comparison_that_fails_then_that_there_is_no_row_is_said_still(bay: Bay) -> None:
    bay.s3.before("get_object", raising(refusal("AccessDenied", 403)), 2)
    assert _codes(_land(bay, MARCH, HEADER, "1")) == ["noRows"]


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"rows": -1}', b"no JSON"])
def test_given_no_manifest_of_the_days_before_then_nothing_is_compared(
    bay: Bay, content: bytes
) -> None:
    bay.s3.add(keys.request_manifest_key(FEBRUARY), content)
    assert _codes(_land(bay, MARCH, HEADER, "1")) == ["noRows"]


def _broken(*_: object) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize("broken", ["of_header", "dates_outside", "of_columns", "rows_fell"])
def test_given_a_warning_that_cannot_be_made_then_the_others_are(
    bay: Bay, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _land(bay, FEBRUARY, b"Team,Date\n" + b"x,2025-02-01\n" * 9, "1")
    content = b"Team,Date,\na,2024-01-01,\n"
    whole = _codes(_land(bay, MARCH, content, "2"))
    assert whole == ["emptyColumns", "rowsFell", "columnsAdded", "datesOutside"]
    other = Bay()
    _land(other, FEBRUARY, b"Team,Date\n" + b"x,2025-02-01\n" * 9, "1")
    monkeypatch.setattr(cautions, broken, _broken)
    left = _codes(_land(other, MARCH, content, "2"))
    lost = {
        "of_header": "emptyColumns",
        "dates_outside": "datesOutside",
        "of_columns": "columnsAdded",
        "rows_fell": "rowsFell",
    }[broken]
    assert left == [code for code in whole if code != lost]


def test_each_warning_is_a_line_in_the_log(bay: Bay, caplog: pytest.LogCaptureFixture) -> None:
    said = _land(bay, MARCH, b"team,,x,x\n", "1")
    lines = [it.getMessage() for it in caplog.records if it.levelname == "WARNING"]
    assert lines == [f"{code}: {message}" for code, message in said]
    assert len(lines) == 3
