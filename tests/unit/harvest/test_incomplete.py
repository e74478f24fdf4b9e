"""What a harvest says that lacks something."""

from typing import Any

import pytest

from sei_export.failures import Failure
from sei_export.harvest.incomplete import Shortfall

KEY = "runs/r.harvest/manifest.json"
LEFT_ALONE = (
    'What is lost or damaged in three harvests is left alone then; {"retry": true} tries it again.'
)
AGAIN = "tart the harvest again: what has landed is skipped."
BAD = Failure(
    "CorruptDownloadError",
    "The CRC is wrong.",
    "Start a new execution 30 minutes after the first one. Compare it with the UI's.",
)
LOST = Failure("ExportNotFoundError", "404 for it", "Look whose it is.")


def _told(**lacks: Any) -> tuple[str, str]:  # noqa: ANN401 - a field's own type
    nothing = {"failed": [], "landed": 0, "unusable": 0, "missing": 0, "pages": 0}
    failure = Shortfall(**{**nothing, "manifest_key": KEY, **lacks}).failure()
    assert failure
    assert failure.error == "HarvestIncompleteError"
    assert failure.message.endswith(f" See {KEY}.")
    return failure.message.removesuffix(f" See {KEY}."), failure.remedy


def test_given_nothing_that_is_lacking_then_there_is_no_failure() -> None:
    assert Shortfall([], 7, 0, 0, 0, KEY).failure() is None


def test_the_first_that_failed_is_named_with_its_error_and_its_remedy() -> None:
    message, remedy = _told(failed=[("export exp_1 of sprint", BAD)], landed=39)
    assert message == (
        "1 of 40 exports could not be landed: 1 CorruptDownloadError (export exp_1 of sprint: The "
        "CRC is wrong)."
    )
    assert remedy == f"CorruptDownloadError: Compare it with the UI's. Then s{AGAIN} {LEFT_ALONE}"


def test_given_several_errors_then_each_is_counted_and_has_one_remedy() -> None:
    failed = [("a", BAD), ("b", LOST), ("c", BAD)]
    message, remedy = _told(failed=failed)
    assert message == (
        "3 of 3 exports could not be landed: 2 CorruptDownloadError (a; c: The CRC is wrong); "
        "1 ExportNotFoundError (b: 404 for it)."
    )
    assert [remedy.count(f"{error}: ") for error in ("CorruptDownloadError", LOST.error)] == [1, 1]


def test_a_message_stays_short_whatever_failed_in_how_many_ways() -> None:
    failed = [
        (f"export {'x' * 300} of sprint", Failure(f"Error{number % 20}", "m" * 2000, "r. " * 100))
        for number in range(1000)
    ]
    message, remedy = _told(failed=failed)
    assert len(message) < 8000
    assert len(remedy) < 3000
    assert message.endswith("and 15 more kinds of errors, in the manifest.")


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        pytest.param(
            {"missing": 70},
            "The lists of the API promise 70 more than they have. Of what they have, nothing is "
            "left to land.",
            id="of the lists",
        ),
        pytest.param(
            {"unusable": 2, "landed": 3, "missing": 1},
            "2 of 5 exports could not be landed: 2 have ids that cannot be one. The lists of the "
            "API promise 1 more than they have.",
            id="of ids and of the lists",
        ),
        pytest.param(
            {"unusable": 1},
            "1 of 1 export could not be landed: 1 has an id that cannot be one.",
            id="of an id",
        ),
        pytest.param(
            {"pages": 929, "landed": 1},
            "There is more to harvest than one execution can hold: 929 pages were listed, 1 export "
            "has landed.",
            id="of room",
        ),
        pytest.param(
            {"pages": 1, "failed": [("a", LOST)]},
            "There is more to harvest than one execution can hold: 1 page was listed, 0 exports "
            "have landed. 1 of 1 export could not be landed: 1 ExportNotFoundError (a: 404 for "
            "it).",
            id="of room and of an export",
        ),
    ],
)
def test_what_else_may_be_lacking_is_told(lacks: dict[str, object], said: str) -> None:
    assert _told(**lacks)[0] == said


@pytest.mark.parametrize(
    ("lacks", "remedy"),
    [
        pytest.param(
            {"missing": 70},
            f"S{AGAIN} If the lists lack something again, harvest in smaller windows, with "
            "dateFrom and dateTo, or compare with the exports that Harness shows.",
            id="of the lists",
        ),
        pytest.param(
            {"unusable": 1},
            f"What has no id cannot be asked for: compare with what Harness shows. Then s{AGAIN}",
            id="of an id",
        ),
        pytest.param(
            {"pages": 9},
            "Harvest in smaller windows, with dateFrom and dateTo: what has landed is skipped.",
            id="of room",
        ),
    ],
)
def test_each_has_its_remedy(lacks: dict[str, object], remedy: str) -> None:
    assert _told(**lacks)[1] == remedy
