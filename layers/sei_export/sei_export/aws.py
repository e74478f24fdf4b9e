"""AWS clients of one session: what botocore reads of disk is read once for all of them.

boto3's own session would add nothing that is used here, and takes its time to begin.

A call with all its tries ends well before its function does: what hangs then has a name, where the
platform would end the function without one.
"""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

CALL_SECONDS = 15.0
"""Of a function that has a minute and a half; the template tells each function its own."""

_ENOUGH_FOR_THREE = 40.0


class Patience(NamedTuple):
    """How long a call may take.

    Attributes:
        connect_seconds: Until a connection is made.
        read_seconds: The longest silence after that.
        tries: How many at most, the first included.
    """

    connect_seconds: float
    read_seconds: float
    tries: int

    @classmethod
    def within(cls, seconds: float) -> "Patience":
        """Spread so many seconds over two tries, or over three if that leaves each its time."""
        tries = 3 if seconds >= _ENOUGH_FOR_THREE else 2
        each = (seconds - _pauses(tries)) / tries
        connect = min(3.0, each / 2)
        return cls(connect, each - connect, tries)

    @property
    def longest(self) -> float:
        """The seconds of a call whose tries all hang."""
        return self.tries * (self.connect_seconds + self.read_seconds) + _pauses(self.tries)


HINT = Patience(1.0, 1.0, 1)
"""Of a call whose answer is welcome, and not needed."""


def _pauses(tries: int) -> float:
    """The longest pauses between tries, as botocore's mode "standard" makes them."""
    return float(sum(2**number for number in range(tries - 1)))


class _Files(JSONFileLoader):
    """Reads files into dicts: botocore's own way makes OrderedDicts of them, at twice the time.

    S3's description takes 7 ms instead of 14, the endpoints 12 instead of 25.
    """

    def load_file(self, file_path: str) -> object:
        for suffix, decoded in ((".json", bytes), (".json.gz", gzip.decompress)):
            file = Path(f"{file_path}{suffix}")
            if file.is_file():
                return json.loads(decoded(file.read_bytes()))
        return None


class _NamedServices(Loader):
    """botocore's data, whose hundreds of folders are not searched for what services there are.

    That would take 5 ms of a start. A service that is asked for is taken to be there; one that is
    not has no data, which botocore says then.
    """

    def __init__(self) -> None:
        super().__init__(file_loader=_Files())
        self.asked: set[str] = set()

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - as botocore calls it
        return sorted(self.asked)


_USUAL = Patience.within(CALL_SECONDS)


def events(patience: Patience = _USUAL) -> "EventBridgeClient":
    """For the event bus."""
    return cast("EventBridgeClient", _client("events", patience))


def s3(connections: int, patience: Patience = _USUAL) -> "S3Client":
    """For the bucket, with at most so many connections."""
    return cast("S3Client", _client("s3", patience, connections))


def secrets(patience: Patience = _USUAL) -> "SecretsManagerClient":
    """For the API key."""
    return cast("SecretsManagerClient", _client("secretsmanager", patience))


def cloudformation(patience: Patience = _USUAL) -> "CloudFormationClient":
    """For what is deployed."""
    return cast("CloudFormationClient", _client("cloudformation", patience))


def states(patience: Patience = _USUAL) -> "SFNClient":
    """For what runs."""
    return cast("SFNClient", _client("stepfunctions", patience))


def sns(patience: Patience = _USUAL) -> "SNSClient":
    """For texts to people."""
    return cast("SNSClient", _client("sns", patience))


def scheduler(patience: Patience = _USUAL) -> "EventBridgeSchedulerClient":
    """For when something runs."""
    return cast("EventBridgeSchedulerClient", _client("scheduler", patience))


def sqs(patience: Patience = _USUAL) -> "SQSClient":
    """For what could not be delivered."""
    return cast("SQSClient", _client("sqs", patience))


def _client(service: str, patience: Patience = _USUAL, connections: int = 1) -> object:
    _data().asked.add(service)
    return _session().create_client(service, config=_config(patience, connections))


@cache
def _data() -> _NamedServices:
    return _NamedServices()


@cache
def _session() -> Session:
    session = Session()
    session.register_component("data_loader", _data())
    return session


def _config(patience: Patience, connections: int) -> Config:
    return Config(
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        retries={"mode": "standard", "total_max_attempts": patience.tries},
        max_pool_connections=connections,
        # Checksums are our own where it matters; TLS protects what is sent, so that signing need
        # not hash every part.
        request_checksum_calculation="when_required",
        s3={"payload_signing_enabled": False},
    )
