"""AWS clients of one session: what botocore reads of disk is read once for all of them.

boto3's own session would add nothing that is used here, and takes its time to begin.
"""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


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


def events() -> "EventBridgeClient":
    """For the event bus."""
    return cast("EventBridgeClient", _client("events"))


def s3(connections: int) -> "S3Client":
    """For the bucket, with at most so many connections."""
    return cast("S3Client", _client("s3", connections))


def secrets() -> "SecretsManagerClient":
    """For the API key."""
    return cast("SecretsManagerClient", _client("secretsmanager"))


def _client(service: str, connections: int = 1) -> object:
    _data().asked.add(service)
    return _session().create_client(service, config=_config(connections))


@cache
def _data() -> _NamedServices:
    return _NamedServices()


@cache
def _session() -> Session:
    session = Session()
    session.register_component("data_loader", _data())
    return session


def _config(connections: int) -> Config:
    return Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=connections,
        # Checksums are our own where it matters; TLS protects what is sent, so that signing need
        # not hash every part.
        request_checksum_calculation="when_required",
        s3={"payload_signing_enabled": False},
    )
