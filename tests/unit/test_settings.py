"""The stack's settings, from the environment."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

import sei_export
from sei_export.batch.defaults import BatchDefaults
from sei_export.errors import ConfigurationError
from sei_export.freshness.looks import Project
from sei_export.freshness.watch import Expected
from sei_export.harvest.defaults import HarvestDefaults
from sei_export.input.parameter import Parameter
from sei_export.landing.limits import Limits
from sei_export.request.defaults import RequestDefaults
from sei_export.settings import (
    api_settings,
    batch_defaults,
    dead_letter_queue,
    event_bus_name,
    expected,
    export_bucket,
    harvest_defaults,
    is_schedule_on,
    key_max_age_days,
    landing_limits,
    project,
    request_defaults,
    schedule_arn,
    stack_name,
)

API = {
    "HARNESS_BASE_URL": "https://app.harness.io/prod1/sei/api/",
    "API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbCdEf",
}
REQUEST = {
    "HARNESS_ORG_IDENTIFIER": "acme",
    "HARNESS_PROJECT_IDENTIFIER": "metrics",
    "DEFAULT_REQUEST": '{"report": "productivity"}',
}
PROJECT = {
    "HARNESS_ORG_IDENTIFIER": "acme",
    "HARNESS_PROJECT_IDENTIFIER": "metrics",
    "EXPORT_TIMEOUT_MINUTES": "180",
}
BATCH = REQUEST | {"BATCH_PLAN": "{}", "MAX_CONCURRENCY": "10"}
BUCKET = {"EXPORT_BUCKET": "exports"}
BUS = {"EVENT_BUS_NAME": "default"}
STACK = {"STACK_NAME": "sei-export"}
EXPECTED = STACK | {"SCHEDULE_EXPRESSION": "cron(0 6 2 * ? *)", "SCHEDULE_STATE": "ENABLED"}
OF_PROJECT = {"HARNESS_ORG_IDENTIFIER": "acme", "HARNESS_PROJECT_IDENTIFIER": "metrics"}

type Load = Callable[[Mapping[str, str]], object]


def test_api_settings_hold_the_checked_base_url_and_the_secret() -> None:
    settings = api_settings(API)
    assert settings.base_url.text == "https://app.harness.io/prod1/sei/api"
    assert settings.api_key_secret_arn == API["API_KEY_SECRET_ARN"]


def test_a_malformed_base_url_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="HarnessBaseUrl"):
        api_settings({**API, "HARNESS_BASE_URL": "app.harness.io"})


def test_request_defaults_are_read_from_their_variables() -> None:
    given = {**REQUEST, "ORG_TREE_NAME": "Engineering", "SCHEDULE_TIMEZONE": "Europe/Berlin"}
    assert request_defaults(given) == RequestDefaults(
        org_identifier="acme",
        project_identifier="metrics",
        org_tree_name="Engineering",
        timezone="Europe/Berlin",
        default_request=Parameter("DefaultRequest", '{"report": "productivity"}'),
    )


def test_org_tree_and_time_zone_may_be_unset() -> None:
    defaults = request_defaults(REQUEST)
    assert (defaults.org_tree_name, defaults.timezone) == ("", "UTC")


def test_an_empty_time_zone_is_utc() -> None:
    assert request_defaults({**REQUEST, "SCHEDULE_TIMEZONE": ""}).timezone == "UTC"


def test_white_space_around_names_is_dropped() -> None:
    given = {**REQUEST, "HARNESS_ORG_IDENTIFIER": " acme\n", "ORG_TREE_NAME": " Engineering "}
    defaults = request_defaults(given)
    assert (defaults.org_identifier, defaults.org_tree_name) == ("acme", "Engineering")


@pytest.mark.parametrize("text", ["{", "[]", "", "  "])
def test_wrong_parameters_are_refused_only_where_they_are_read(text: str) -> None:
    given = {**BATCH, "DEFAULT_REQUEST": text, "BATCH_PLAN": text}
    defaults = batch_defaults(given)
    for parameter in (
        defaults.plan,
        defaults.of_requests.default_request,
        request_defaults(given).default_request,
    ):
        with pytest.raises(ConfigurationError, match=f"^The parameter {parameter.name} is not "):
            parameter.read()


def test_bucket_and_bus_are_each_read_without_the_other() -> None:
    assert export_bucket(BUCKET) == "exports"
    assert event_bus_name(BUS) == "default"
    assert stack_name(STACK) == "sei-export"


def test_a_project_is_read_without_the_rest_of_a_requests_settings() -> None:
    assert harvest_defaults(PROJECT) == HarvestDefaults(
        org_identifier="acme", project_identifier="metrics", export_time=timedelta(hours=3)
    )


@pytest.mark.parametrize("minutes", ["soon", "1.5", "-1", "3 h"])
def test_an_export_time_that_is_no_number_of_minutes_is_refused(minutes: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        harvest_defaults({**PROJECT, "EXPORT_TIMEOUT_MINUTES": minutes})
    assert caught.value.message == f"The parameter ExportTimeoutMinutes is {minutes!r}."


def test_batch_settings_are_read_from_their_variables() -> None:
    plan = '{"name": "weekly", "exports": [{"report": "sprint"}]}'
    given = {**BATCH, "BATCH_PLAN": plan, "ORG_TREE_NAME": "Engineering"}
    assert batch_defaults(given) == BatchDefaults(
        of_requests=request_defaults(given), plan=Parameter("BatchPlan", plan), max_concurrency=10
    )


@pytest.mark.parametrize("concurrency", ["many", "1.5", "-1", "0", "1 0", "²"])
def test_a_concurrency_that_is_no_number_from_one_on_is_refused(concurrency: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        batch_defaults({**BATCH, "MAX_CONCURRENCY": concurrency})
    assert caught.value.message == f"The parameter MaxConcurrency is {concurrency!r}."


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        pytest.param({}, "Authorization", id="unset"),
        pytest.param({"API_KEY_HEADER": ""}, "Authorization", id="empty"),
        pytest.param({"API_KEY_HEADER": "SEI_API_KEY"}, "SEI_API_KEY", id="the older page's"),
    ],
)
def test_the_keys_header_is_the_stacks_or_the_common_one(
    environ: dict[str, str], header: str
) -> None:
    assert api_settings({**API, **environ}).api_key_header == header


@pytest.mark.parametrize("given", [{}, {"MAX_CSV_GIGABYTES": "", "ALLOW_UNVERIFIABLE_BODY": " "}])
def test_limits_of_files_have_their_usual_values(given: dict[str, str]) -> None:
    assert landing_limits(given) == Limits(100 * 1024**3, 1000, allow_unverifiable=False)


@pytest.mark.parametrize(("text", "allowed"), [("true", True), ("True", True), ("false", False)])
def test_limits_of_files_are_read_from_their_variables(text: str, *, allowed: bool) -> None:
    given = {
        "MAX_CSV_GIGABYTES": "2",
        "MAX_COMPRESSION_RATIO": "50",
        "ALLOW_UNVERIFIABLE_BODY": text,
    }
    assert landing_limits(given) == Limits(2 * 1024**3, 50, allow_unverifiable=allowed)


@pytest.mark.parametrize(
    ("variable", "text", "parameter"),
    [
        ("MAX_CSV_GIGABYTES", "0", "MaxCsvGigabytes"),
        ("MAX_CSV_GIGABYTES", "1.5", "MaxCsvGigabytes"),
        ("MAX_COMPRESSION_RATIO", "-1", "MaxCompressionRatio"),
        ("ALLOW_UNVERIFIABLE_BODY", "yes", "AllowUnverifiableBody"),
    ],
)
def test_a_limit_of_files_that_is_none_is_refused(variable: str, text: str, parameter: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        landing_limits({variable: text})
    assert caught.value.message == f"The parameter {parameter} is {text!r}."


@pytest.mark.parametrize("value", [None, "", "  "], ids=["unset", "empty", "blank"])
@pytest.mark.parametrize(
    ("load", "environ", "name"),
    [
        pytest.param(load, environ, name, id=f"{load.__name__} {name}")
        for load, environ in (
            (api_settings, API),
            (request_defaults, REQUEST),
            (harvest_defaults, PROJECT),
            (batch_defaults, BATCH),
            (export_bucket, BUCKET),
            (event_bus_name, BUS),
            (stack_name, STACK),
            (expected, EXPECTED),
            (project, OF_PROJECT),
            (schedule_arn, {"SCHEDULE_ARN": "arn"}),
            (dead_letter_queue, {"DEAD_LETTER_QUEUE_URL": "https://queue"}),
        )
        for name in environ
        # Whoever reads these two tells what is wrong with them.
        if name not in {"DEFAULT_REQUEST", "BATCH_PLAN"}
    ],
)
def test_a_required_variable_without_a_value_is_named(
    load: Load, environ: dict[str, str], name: str, value: str | None
) -> None:
    given = {key: text for key, text in environ.items() if key != name}
    if value is not None:
        given[name] = value
    with pytest.raises(ConfigurationError) as caught:
        load(given)
    assert caught.value.message == f"The environment variable {name} is not set."
    assert "template" in caught.value.remedy


def test_what_is_expected_is_read_from_its_variables() -> None:
    given = EXPECTED | {"FRESHNESS_HOURS": "192", "SCHEDULE_TIMEZONE": "Europe/Berlin"}
    weekly = "cron(0 6 2 * ? *) (Europe/Berlin)"
    assert expected(given) == Expected("sei-export", timedelta(days=8), weekly)
    assert project(OF_PROJECT) == Project("acme", "metrics")


def test_a_schedule_that_is_off_on_purpose_is_said_to_be_so() -> None:
    given = EXPECTED | {"SCHEDULE_STATE": "DISABLED"}
    assert expected(given).schedule.endswith("(UTC), which ScheduleState has switched off")
    assert (is_schedule_on(given), is_schedule_on(EXPECTED)) == (False, True)


def test_where_0_is_given_nothing_is_expected_and_no_key_is_too_old() -> None:
    assert expected(EXPECTED | {"FRESHNESS_HOURS": "0"}).within == timedelta()
    assert key_max_age_days({"KEY_MAX_AGE_DAYS": "0"}) == key_max_age_days({}) == 0
    assert key_max_age_days({"KEY_MAX_AGE_DAYS": "90"}) == 90


@pytest.mark.parametrize("text", ["soon", "1.5", "-1"])
def test_hours_and_days_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="parameter FreshnessHours is"):
        expected(EXPECTED | {"FRESHNESS_HOURS": text})
    with pytest.raises(ConfigurationError, match="parameter KeyMaxAgeDays is"):
        key_max_age_days({"KEY_MAX_AGE_DAYS": text})


def test_the_environment_is_read_at_the_call_not_at_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**REQUEST, "DEFAULT_REQUEST": json.dumps({"report": "late"})}.items():
        monkeypatch.setenv(name, value)
    assert request_defaults().default_request.read() == {"report": "late"}


def test_no_other_module_reads_the_environment() -> None:
    package = Path(str(sei_export.__file__)).parent
    readers = [
        str(module.relative_to(package))
        for module in sorted(package.rglob("*.py"))
        if re.search(r"\benviron\b|\bgetenv\b", module.read_text(encoding="utf-8"))
    ]
    assert readers == ["settings.py"]
