"""The stack's settings. The only module that reads the environment.

Each function has only the variables it needs, so each group is read on its own, at the call.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sei_export.api.urls import BaseUrl
from sei_export.errors import ConfigurationError

if TYPE_CHECKING:
    from sei_export.batch.defaults import BatchDefaults
    from sei_export.freshness.looks import Project
    from sei_export.freshness.watch import Expected
    from sei_export.harvest.defaults import HarvestDefaults
    from sei_export.landing.limits import Limits
    from sei_export.notice.states import Machines
    from sei_export.request.defaults import RequestDefaults

_LEAST_CALL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where the API is and where its key is kept."""

    base_url: BaseUrl
    api_key_secret_arn: str
    api_key_header: str


def api_settings(environ: Mapping[str, str] = os.environ) -> ApiSettings:
    """Read where the API is and where its key is kept.

    Raises:
        ConfigurationError: One is missing or malformed.
    """
    return ApiSettings(
        base_url=BaseUrl.parse(_required(environ, "HARNESS_BASE_URL")),
        api_key_secret_arn=api_key_secret(environ),
        api_key_header=environ.get("API_KEY_HEADER") or "Authorization",
    )


def api_key_secret(environ: Mapping[str, str] = os.environ) -> str:
    """Read the ARN of the API key's secret.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "API_KEY_SECRET_ARN")


def request_defaults(environ: Mapping[str, str] = os.environ) -> "RequestDefaults":
    """Read what requests take from the stack.

    Raises:
        ConfigurationError: One is missing; DefaultRequest is read by who takes it.
    """
    from sei_export.input.parameter import Parameter
    from sei_export.request.defaults import RequestDefaults

    return RequestDefaults(
        org_identifier=_required(environ, "HARNESS_ORG_IDENTIFIER"),
        project_identifier=_required(environ, "HARNESS_PROJECT_IDENTIFIER"),
        org_tree_name=environ.get("ORG_TREE_NAME", "").strip(),
        timezone=environ.get("SCHEDULE_TIMEZONE") or "UTC",
        default_request=Parameter("DefaultRequest", environ.get("DEFAULT_REQUEST", "")),
    )


def batch_defaults(environ: Mapping[str, str] = os.environ) -> "BatchDefaults":
    """Read what batches take from the stack.

    Raises:
        ConfigurationError: One is missing or malformed; BatchPlan is read by who takes it.
    """
    from sei_export.batch.defaults import BatchDefaults
    from sei_export.input.parameter import Parameter

    concurrency = _required(environ, "MAX_CONCURRENCY")
    if not concurrency.isdecimal() or not int(concurrency):
        raise ConfigurationError(f"The parameter MaxConcurrency is {concurrency!r}.")
    return BatchDefaults(
        of_requests=request_defaults(environ),
        plan=Parameter("BatchPlan", environ.get("BATCH_PLAN", "")),
        max_concurrency=int(concurrency),
    )


def harvest_defaults(environ: Mapping[str, str] = os.environ) -> "HarvestDefaults":
    """Read what a harvest takes from the stack.

    Raises:
        ConfigurationError: One is missing, or ExportTimeoutMinutes is no number.
    """
    from sei_export.harvest.defaults import HarvestDefaults

    minutes = _required(environ, "EXPORT_TIMEOUT_MINUTES")
    if not minutes.isdecimal():
        raise ConfigurationError(f"The parameter ExportTimeoutMinutes is {minutes!r}.")
    return HarvestDefaults(
        org_identifier=_required(environ, "HARNESS_ORG_IDENTIFIER"),
        project_identifier=_required(environ, "HARNESS_PROJECT_IDENTIFIER"),
        export_time=timedelta(minutes=int(minutes)),
    )


def landing_limits(environ: Mapping[str, str] = os.environ) -> "Limits":
    """Read what is refused although it may be a whole CSV; each has a default.

    Raises:
        ConfigurationError: One is malformed.
    """
    from sei_export.landing.limits import GIB, Limits

    usual = Limits()
    gigabytes = _count(environ, "MAX_CSV_GIGABYTES", "MaxCsvGigabytes")
    given = environ.get("ALLOW_UNVERIFIABLE_BODY", "").strip()
    allowed = (given or str(usual.allow_unverifiable)).lower()
    if allowed not in {"true", "false"}:
        raise ConfigurationError(f"The parameter AllowUnverifiableBody is {allowed!r}.")
    return Limits(
        max_csv_bytes=gigabytes * GIB if gigabytes else usual.max_csv_bytes,
        max_ratio=_count(environ, "MAX_COMPRESSION_RATIO", "MaxCompressionRatio")
        or usual.max_ratio,
        allow_unverifiable=allowed == "true",
    )


def retention(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """Read after how long the bucket deletes files; None where nobody said.

    Raises:
        ConfigurationError: It is malformed.
    """
    days = _count(environ, "EXPORT_RETENTION_DAYS", "ExportRetentionDays")
    return timedelta(days=days) if days else None


def export_bucket(environ: Mapping[str, str] = os.environ) -> str:
    """The bucket that files land in.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "EXPORT_BUCKET")


def event_bus_name(environ: Mapping[str, str] = os.environ) -> str:
    """The bus that events go to.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "EVENT_BUS_NAME")


def stack_name(environ: Mapping[str, str] = os.environ) -> str:
    """Of which stack events say that they are.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "STACK_NAME")


def notification_topic(environ: Mapping[str, str] = os.environ) -> str:
    """The topic that texts for people go to.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "NOTIFICATION_TOPIC_ARN")


def machines(environ: Mapping[str, str] = os.environ) -> "Machines":
    """The stack's state machines.

    Raises:
        ConfigurationError: One is missing.
    """
    from sei_export.notice.states import Machines

    names = ("EXPORT", "BATCH", "HARVEST")
    return Machines(*(_required(environ, f"{name}_STATE_MACHINE_ARN") for name in names))


def project(environ: Mapping[str, str] = os.environ) -> "Project":
    """The project that the API key belongs to.

    Raises:
        ConfigurationError: One is missing.
    """
    from sei_export.freshness.looks import Project

    return Project(
        _required(environ, "HARNESS_ORG_IDENTIFIER"),
        _required(environ, "HARNESS_PROJECT_IDENTIFIER"),
    )


def expected(environ: Mapping[str, str] = os.environ) -> "Expected":
    """Read what is expected of the stack.

    Raises:
        ConfigurationError: One is missing or malformed.
    """
    from sei_export.freshness.watch import Expected

    state = "" if is_schedule_on(environ) else ", which ScheduleState has switched off"
    hours = _count(environ, "FRESHNESS_HOURS", "FreshnessHours", least=0) or 0
    when = _required(environ, "SCHEDULE_EXPRESSION")
    zone = environ.get("SCHEDULE_TIMEZONE") or "UTC"
    return Expected(stack_name(environ), timedelta(hours=hours), f"{when} ({zone}){state}")


def is_schedule_on(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether batches are to start by themselves.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "SCHEDULE_STATE") == "ENABLED"


def key_max_age_days(environ: Mapping[str, str] = os.environ) -> int:
    """Read from how many days on the API key is old; 0: never.

    Raises:
        ConfigurationError: It is malformed.
    """
    return _count(environ, "KEY_MAX_AGE_DAYS", "KeyMaxAgeDays", least=0) or 0


def schedule_arn(environ: Mapping[str, str] = os.environ) -> str:
    """The schedule that starts batches.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "SCHEDULE_ARN")


def dead_letter_queue(environ: Mapping[str, str] = os.environ) -> str:
    """The URL of the queue of what could not be started or delivered.

    Raises:
        ConfigurationError: It is missing.
    """
    return _required(environ, "DEAD_LETTER_QUEUE_URL")


def _count(environ: Mapping[str, str], name: str, parameter: str, *, least: int = 1) -> int | None:
    """A whole number from 1 on, or from another one; None if it is not set."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) < least:
        raise ConfigurationError(f"The parameter {parameter} is {text!r}.")
    return int(text)


def sdk_call_seconds(environ: Mapping[str, str] = os.environ) -> float:
    """Read how long one call of an AWS service may take in this function, with all its tries.

    Raises:
        ConfigurationError: It is no whole number of at least 5.
    """
    seconds = environ.get("SDK_CALL_SECONDS") or "15"
    if not seconds.isdecimal() or int(seconds) < _LEAST_CALL_SECONDS:
        raise ConfigurationError(
            f"The environment variable SDK_CALL_SECONDS is {seconds!r}.",
            remedy="Deploy the function with this project's template; it sets the variable.",
        )
    return float(seconds)


def on_lambda(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is Lambda's own Python runtime, which no laptop and no local cloud is.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return environ.get("AWS_EXECUTION_ENV", "").startswith("AWS_Lambda_python")


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigurationError(
            f"The environment variable {name} is not set.",
            remedy="Deploy the function with this project's template; it sets the variable.",
        )
    return value
