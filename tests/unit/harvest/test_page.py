"""One page of the API's list: which of its exports are to land."""

import pytest

from sei_export.api.answers import Listed
from sei_export.export import Export
from sei_export.harvest.filters import parse_harvest
from sei_export.harvest.page import Page, read_page
from sei_export.request.reports import EFFICIENCY, SPRINT
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.samples import STARTED_AT

HARVEST = parse_harvest({}, HARVEST_DEFAULTS, STARTED_AT)
OF_SPRINTS = parse_harvest(
    {"report": "sprint", "projectIdentifier": "other"}, HARVEST_DEFAULTS, STARTED_AT
)
YOUNG = "2026-03-15T03:00:00Z"
OLD = "2026-03-14T10:00:00Z"


def _listed(
    export_id: str, status: str | None = "COMPLETED", created_at: str | None = OLD
) -> Listed:
    return Listed(export_id, status, created_at)


def _page(*listed: Listed) -> Page:
    return read_page(listed, SPRINT, OF_SPRINTS, YOUNG)


def _ids(page: Page) -> list[str]:
    return [export.export_id for export in page.ripe]


def test_an_export_of_a_list_is_one_that_somebody_else_created() -> None:
    assert _page(_listed("exp_1")) == Page(
        ripe=(Export("exp_1", SPRINT, "acme", "other", None, reused=True, created_at=OLD),),
        young=(),
        unusable=0,
    )


def test_an_empty_page_has_nothing() -> None:
    assert _page() == Page((), (), 0)


@pytest.mark.parametrize(
    "status", ["failed", "CANCELLED", "Queued", "processing", "ARCHIVED", "not completed", ""]
)
def test_given_exports_in_any_other_state_then_only_completed_ones_count(status: str) -> None:
    page = _page(
        _listed("exp_1", status),
        _listed("exp_2", "completed"),
        _listed("exp_3", " Completed"),
        _listed("exp_4", None),
    )
    assert (_ids(page), page.young, page.unusable) == (["exp_2", "exp_3", "exp_4"], (), 0)


def test_given_an_export_twice_in_a_page_then_it_counts_once() -> None:
    page = _page(_listed("exp_1"), _listed("exp_2"), _listed("exp_1"))
    assert (_ids(page), page.young) == (["exp_1", "exp_2"], ())


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param("2026-03-14T11:00:00.123+01:00", "2026-03-14T10:00:00Z", id="another zone"),
        pytest.param("recently", "", id="unreadable"),
        pytest.param(None, "", id="none"),
    ],
)
def test_the_time_of_an_export_is_the_apis_or_left_open(written: str | None, normal: str) -> None:
    [export] = _page(_listed("exp_1", created_at=written)).ripe
    assert export.created_at == normal


@pytest.mark.parametrize(
    ("created_at", "pending"),
    [
        pytest.param("2026-03-15T02:59:59Z", 0, id="just old enough"),
        pytest.param("2026-03-15T03:59:59+01:00", 0, id="just old enough, in another zone"),
        pytest.param("2026-03-15T03:00:00Z", 1, id="not quite old enough"),
        pytest.param("2026-03-15T05:59:59Z", 1, id="just created"),
        pytest.param("2026-03-15T06:30:00Z", 1, id="of a clock that is ahead"),
        pytest.param(None, 0, id="of an unknown age"),
    ],
)
def test_given_a_young_export_then_it_is_left_to_its_own_execution(
    created_at: str | None, pending: int
) -> None:
    page = _page(_listed("exp_1"), _listed("exp_2", created_at=created_at))
    assert (_ids(page), len(page.young)) == (["exp_1", "exp_2"][: 2 - pending], pending)


def test_given_an_entry_without_a_usable_id_then_it_is_counted_and_the_others_go_on() -> None:
    page = _page(_listed(""), _listed("exp_1"), _listed("", "failed"))
    assert (_ids(page), page.young, page.unusable) == (["exp_1"], (), 2)


def test_the_exports_of_a_page_are_of_the_report_that_was_listed() -> None:
    page = read_page([_listed("exp_1")], EFFICIENCY, HARVEST, YOUNG)
    assert [export.report for export in page.ripe] == [EFFICIENCY]
