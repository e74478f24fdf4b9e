"""The real parts, made when first needed and kept for the next invocation."""

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Protocol

from sei_export.api.calls import HttpClient
from sei_export.api.client import Connect, InProject, SeiClient
from sei_export.api.key import ApiKey
from sei_export.api.sentkey import KeyHeader
from sei_export.clock import Deadline
from sei_export.errors import ServiceUnavailableError
from sei_export.settings import (
    api_key_secret,
    api_settings,
    dead_letter_queue,
    event_bus_name,
    expected,
    export_bucket,
    is_schedule_on,
    key_max_age_days,
    landing_limits,
    machines,
    notification_topic,
    project,
    request_defaults,
    retention,
    schedule_arn,
    sdk_call_seconds,
    stack_name,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_s3 import S3Client

    from sei_export.aws import Patience
    from sei_export.bucket.documents import Documents
    from sei_export.bucket.objects import ObjectStore
    from sei_export.download.staging import Staging
    from sei_export.executions import Executions
    from sei_export.freshness.watch import Look, Watch
    from sei_export.landing.land import Landing
    from sei_export.notice.desk import Desk
    from sei_export.stacks import Stacks

_CALLS_AFTER_LOOKS = 2

_MARGIN_SECONDS = 3.0
"""Kept for telling about a failure before Lambda ends the invocation."""


class Context(Protocol):
    """What is used of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def connector(context: Context, *, fresh_key: bool = False, calls_after: int = 0) -> Connect:
    """Make clients that end in time with this invocation.

    Args:
        context: Lambda's.
        fresh_key: Whether each client's first call reads the key past the cache. So it is where
            an execution begins: then a new key counts, and a run of one proves it.
        calls_after: Of AWS's services, one after another, for which the API has to leave time.
    """

    def connect(target: InProject) -> SeiClient:
        settings = api_settings()
        key = ApiKey(settings.api_key_secret_arn, _SecretsInTime(_secrets(), context))
        seconds = context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
        if calls_after:
            seconds -= calls_after * sdk_call_seconds()
        header = KeyHeader.parse(settings.api_key_header)
        deadline = Deadline.after(seconds)
        http = HttpClient(settings.base_url, key, deadline, header, fresh_key=fresh_key)
        return SeiClient(http, settings.base_url, target.org, target.project)

    return connect


class _SecretsInTime:
    """Reads a secret anew only while there is time for it, so that the function's end has a name.

    Args:
        secrets: Powertools' provider.
        context: Lambda's.
    """

    def __init__(self, secrets: "SecretsProvider", context: Context) -> None:
        self._secrets = secrets
        self._context = context

    def get(
        self, name: str, max_age: int | None = None, *, force_fetch: bool = False
    ) -> str | bytes | dict[str, object] | None:
        """Read a secret's current value.

        Raises:
            ServiceUnavailableError: It would have to be read anew, and there is no time for that.
        """
        left = self._context.get_remaining_time_in_millis() / 1000
        if force_fetch and left < sdk_call_seconds():
            raise ServiceUnavailableError(
                f"The API key was to be read again, {left:.0f} s before the function's end."
            )
        return self._secrets.get(name, max_age=max_age, force_fetch=force_fetch)


@cache
def hints() -> "Documents":
    """Make the export bucket's JSON documents for whoever can do without: they answer or not."""
    from sei_export import aws
    from sei_export.bucket.documents import Documents

    return Documents(aws.s3(1, aws.HINT), export_bucket())


@cache
def object_store() -> "ObjectStore":
    """Make the export bucket's objects."""
    from sei_export.bucket.objects import ObjectStore

    return ObjectStore(_s3(), export_bucket())


@cache
def documents() -> "Documents":
    """Make the export bucket's JSON documents."""
    from sei_export.bucket.documents import Documents

    return Documents(_s3(), export_bucket())


@cache
def executions() -> "Executions":
    """Make what tells of executions; without the patience of what a batch cannot do without."""
    from sei_export import aws
    from sei_export.executions import Executions

    return Executions(aws.states())


@cache
def stacks() -> "Stacks":
    """Make what tells of stacks."""
    from sei_export import aws
    from sei_export.stacks import Stacks

    return Stacks(aws.cloudformation())


def staging(folder: str) -> "Staging":
    """Make one download's staging, in a folder of the export bucket."""
    from sei_export.download.staging import Staging

    return Staging(_s3(), export_bucket(), folder)


@cache
def landing() -> "Landing":
    """Make what lands files: bucket and event bus."""
    from sei_export import aws
    from sei_export.landing.events import EventBus
    from sei_export.landing.land import Landing

    bus = EventBus(aws.events(_patience()), event_bus_name(), stack_name())
    return Landing(object_store(), documents(), bus, landing_limits(), hints(), retention())


@cache
def notice_desk() -> "Desk":
    """Make what tells people."""
    from sei_export import aws
    from sei_export.notice.desk import Desk
    from sei_export.notice.topic import Topic

    topic = Topic(aws.sns(_patience()), notification_topic())
    return Desk(
        stack=stack_name(),
        machines=machines(),
        documents=documents(),
        ask=executions().ask,
        send=topic.send,
        defaults=request_defaults(),
        secret_arn=api_key_secret(),
        now=lambda: datetime.now(UTC),
    )


def freshness_watch(context: Context) -> "Watch":
    """Make what looks whether exports come, and whether the next one can.

    Args:
        context: Lambda's.
    """
    from sei_export import aws
    from sei_export.bus import Bus
    from sei_export.freshness import finding, looks
    from sei_export.freshness.announcement import Announcement
    from sei_export.freshness.watch import Watch

    patience, schedule = _patience(), schedule_arn()
    letters = looks.Letters(aws.sqs(patience), dead_letter_queue())
    secret = api_settings().api_key_secret_arn
    age = looks.KeyAge(aws.secrets(patience), secret, key_max_age_days())
    # The event, and what is remembered.
    connect = connector(context, fresh_key=True, calls_after=_CALLS_AFTER_LOOKS)
    found: dict[tuple[str, ...], Look] = {
        (finding.DEAD_LETTERS,): lambda _: letters.look(),
        (finding.KEY_OLD,): age.look,
        (finding.KEY_UNUSABLE, finding.KEY_REFUSED): lambda _: looks.look_at_key(
            connect, project()
        ),
    }
    if is_schedule_on():
        its = looks.Schedule(aws.scheduler(patience), schedule)
        found = {(finding.SCHEDULE_DISABLED,): lambda _: its.look(), **found}
    bus = Bus(aws.events(patience), event_bus_name())
    return Watch(expected(), documents(), found, Announcement(bus, schedule).send)


@cache
def _s3() -> "S3Client":
    from sei_export import aws
    from sei_export.bucket.many import CONNECTIONS

    return aws.s3(CONNECTIONS, _patience())


@cache
def _secrets() -> "SecretsProvider":
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    from sei_export import aws

    return SecretsProvider(boto3_client=aws.secrets(_patience()))


def _patience() -> "Patience":
    from sei_export.aws import Patience

    return Patience.within(sdk_call_seconds())
