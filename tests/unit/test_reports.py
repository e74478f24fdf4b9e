"""The table of reports."""

import pytest

from sei_export.reports import PRODUCTIVITY, REPORTS, Report

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def test_productivity_is_what_its_page_documents() -> None:
    assert PRODUCTIVITY.create_path == "v2/insights/productivity/exports"
    assert PRODUCTIVITY.path == "v2/insights/productivity/exports"
    assert PRODUCTIVITY.metric_groups == (
        "activity",
        "velocity",
        "volume",
        "quality",
        "collaboration",
    )
    assert {option.name: option.allowed for option in PRODUCTIVITY.options} == {
        "metricLevel": ("developer", "team"),
        "aggregation": ("mean",),
        "granularity": ("weekly", "monthly", "quarterly"),
        "format": ("csv",),
    }


@pytest.mark.parametrize("name", ["metricLevel", "aggregationLevel"])
def test_the_level_is_found_by_both_documented_names(name: str) -> None:
    option = PRODUCTIVITY.option(name)
    assert option is not None
    assert option.name == "metricLevel"


def test_no_option_is_found_for_another_name() -> None:
    assert PRODUCTIVITY.option("metriclevel") is None


@EVERY_REPORT
def test_paths_are_relative_so_that_the_base_urls_prefix_stays(report: Report) -> None:
    for path in (report.create_path, report.path):
        assert path.startswith("v2/insights/")
        assert not path.endswith("/")


@EVERY_REPORT
def test_a_report_is_listed_under_its_own_name(report: Report) -> None:
    assert REPORTS[report.name] is report


@EVERY_REPORT
def test_no_two_options_share_a_name_or_alias(report: Report) -> None:
    names = [name for option in report.options for name in (option.name, *option.aliases)]
    assert len(names) == len(set(names))


@EVERY_REPORT
def test_values_differ_by_more_than_case_and_defaults_are_allowed(report: Report) -> None:
    for option in report.options:
        assert len({value.lower() for value in option.allowed}) == len(option.allowed)
        assert option.default is None or option.default in option.allowed
