"""Exports that are left alone: after three harvests in which they failed for their own sake."""

import pytest

from sei_export import errors
from sei_export.failures import Failure
from sei_export.harvest.givenup import Trial, Trials

BAD = Failure("CorruptDownloadError", "The CRC is wrong.", "Compare.")
AT = "2026-03-15T06:00:00Z"
ITS_OWN = {
    *("CorruptDownloadError", "ExportNotFoundError", "ExportFailedError", "ExportCancelledError"),
}


def _after(*runs: str, failure: Failure = BAD) -> Trials:
    trials = Trials()
    for run in runs:
        trials = trials.after(run, failure, AT)
    return trials


def test_the_third_harvest_is_the_last_that_tries() -> None:
    assert [_after(*"abcd"[:count]).is_given_up for count in range(5)] == [False] * 3 + [True] * 2


def test_a_harvest_counts_once_however_often_it_is_closed() -> None:
    assert _after("a", "a", "b", "a", "b") == _after("a", "b")
    assert not _after(*"aaaa").is_given_up


def _leaves(error: type[errors.SeiExportError]) -> set[str]:
    inner = [name for each in error.__subclasses__() for name in _leaves(each)]
    return {*inner} or {error.__name__}


@pytest.mark.parametrize("error", sorted(_leaves(errors.SeiExportError)))
def test_only_errors_about_the_export_itself_count(error: str) -> None:
    trials = _after("a", failure=Failure(error, "It failed.", "Mend it."))
    assert bool(trials.all) is (error in ITS_OWN)


@pytest.mark.parametrize("error", ["Sandbox.Timedout", "Lambda.Unknown", "States.TaskFailed", ""])
def test_what_the_platform_says_does_not_count(error: str) -> None:
    assert _after("a", failure=Failure(error, "It failed.", "Mend it.")) == Trials()


def test_what_is_written_down_tells_how_often_when_and_why() -> None:
    written = _after(*"abc").to_json("exp_1", "sprint")
    assert written == {
        "version": "1",
        "exportId": "exp_1",
        "report": "sprint",
        "givenUp": True,
        "count": 3,
        "reason": BAD.to_json(),
        "failures": [{"run": run, "error": "CorruptDownloadError", "at": AT} for run in "abc"],
    }
    assert Trials.from_json(written) == _after(*"abc")


def test_the_reason_is_that_of_the_last_harvest() -> None:
    lost = Failure("ExportNotFoundError", "404.", "Ask.")
    assert _after("a").after("b", lost, AT).reason == lost


@pytest.mark.parametrize("failures", [None, 3, "abc", [None, {}, {"run": 1}, {"run": "a"}], [[]]])
def test_what_somebody_else_wrote_counts_nothing(failures: object) -> None:
    assert Trials.from_json({"failures": failures, "reason": "x"}) == Trials()  # type: ignore[dict-item]  # what anybody may write


def test_a_trial_that_is_whole_is_read_among_others() -> None:
    whole = Trial("a", "CorruptDownloadError", AT)
    assert Trials.from_json({"failures": [7, whole.to_json()]}).all == (whole,)
