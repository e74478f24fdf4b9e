"""The stack's settings, from the environment."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import sei_export
from sei_export.errors import ConfigurationError
from sei_export.settings import ApiSettings, DeliverySettings, RequestDefaults

API = {
    "HARNESS_BASE_URL": "https://app.harness.io/prod1/sei/api/",
    "API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbCdEf",
}
REQUEST = {
    "HARNESS_ORG_IDENTIFIER": "acme",
    "HARNESS_PROJECT_IDENTIFIER": "metrics",
    "DEFAULT_REQUEST": '{"report": "productivity"}',
}
DELIVERY = {"EXPORT_BUCKET": "exports", "EVENT_BUS_NAME": "default"}

type Load = Callable[[Mapping[str, str]], object]


def test_api_settings_hold_the_checked_base_url_and_the_secret() -> None:
    settings = ApiSettings.load(API)
    assert settings.base_url.text == "https://app.harness.io/prod1/sei/api"
    assert settings.api_key_secret_arn == API["API_KEY_SECRET_ARN"]


def test_a_malformed_base_url_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="HarnessBaseUrl"):
        ApiSettings.load({**API, "HARNESS_BASE_URL": "app.harness.io"})


def test_request_defaults_are_read_from_their_variables() -> None:
    given = {**REQUEST, "ORG_TREE_NAME": "Engineering", "SCHEDULE_TIMEZONE": "Europe/Berlin"}
    assert RequestDefaults.load(given) == RequestDefaults(
        org_identifier="acme",
        project_identifier="metrics",
        org_tree_name="Engineering",
        timezone="Europe/Berlin",
        default_request={"report": "productivity"},
    )


def test_org_tree_and_time_zone_may_be_unset() -> None:
    defaults = RequestDefaults.load(REQUEST)
    assert (defaults.org_tree_name, defaults.timezone) == ("", "UTC")


def test_an_empty_time_zone_is_utc() -> None:
    assert RequestDefaults.load({**REQUEST, "SCHEDULE_TIMEZONE": ""}).timezone == "UTC"


def test_white_space_around_names_is_dropped() -> None:
    given = {**REQUEST, "HARNESS_ORG_IDENTIFIER": " acme\n", "ORG_TREE_NAME": " Engineering "}
    defaults = RequestDefaults.load(given)
    assert (defaults.org_identifier, defaults.org_tree_name) == ("acme", "Engineering")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "The parameter DefaultRequest is not JSON", id="not JSON"),
        pytest.param("[]", "The parameter DefaultRequest is not a JSON object.", id="list"),
        pytest.param('"x"', "The parameter DefaultRequest is not a JSON object.", id="text"),
    ],
)
def test_a_default_request_that_is_no_object_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RequestDefaults.load({**REQUEST, "DEFAULT_REQUEST": text})
    assert caught.value.message.startswith(message)


def test_delivery_settings_are_read_from_their_variables() -> None:
    settings = DeliverySettings.load(DELIVERY)
    assert (settings.bucket, settings.event_bus_name) == ("exports", "default")


@pytest.mark.parametrize("value", [None, "", "  "], ids=["unset", "empty", "blank"])
@pytest.mark.parametrize(
    ("load", "environ", "name"),
    [
        pytest.param(load, environ, name, id=name)
        for load, environ in (
            (ApiSettings.load, API),
            (RequestDefaults.load, REQUEST),
            (DeliverySettings.load, DELIVERY),
        )
        for name in environ
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


def test_the_environment_is_read_at_the_call_not_at_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**REQUEST, "DEFAULT_REQUEST": json.dumps({"report": "late"})}.items():
        monkeypatch.setenv(name, value)
    assert RequestDefaults.load().default_request == {"report": "late"}


def test_no_other_module_reads_the_environment() -> None:
    package = Path(str(sei_export.__file__)).parent
    readers = [
        module.name
        for module in sorted(package.glob("*.py"))
        if re.search(r"\benviron\b|\bgetenv\b", module.read_text(encoding="utf-8"))
    ]
    assert readers == ["settings.py"]
