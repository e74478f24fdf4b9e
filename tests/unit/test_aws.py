"""One session for all clients, which reads each of botocore's files once and lists no folder."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.loaders import JSONFileLoader, Loader

from sei_export import aws

if TYPE_CHECKING:
    from botocore.client import BaseClient

READS = ["endpoints", "secretsmanager/2017-10-17/service-2", "s3/2006-03-01/endpoint-rule-set-1"]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No configuration of the machine's, nothing kept."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    aws._session.cache_clear()  # noqa: SLF001 - kept for a process's life
    yield
    aws._session.cache_clear()  # noqa: SLF001 - as above


def _all() -> list["BaseClient"]:
    return [aws.secrets(), aws.s3(10), aws.events()]


def test_given_all_clients_when_made_then_no_file_is_read_twice_and_no_service_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(loader: aws._Files, path: str) -> object:
        content = plain(loader, path)
        if content is not None:
            read[path] += 1
        return content

    def refuse(*_: object) -> list[str]:
        raise AssertionError

    read: Counter[str] = Counter()
    plain = aws._Files.load_file  # noqa: SLF001 - what every file is read by
    monkeypatch.setattr(aws._Files, "load_file", load)  # noqa: SLF001 - as above
    monkeypatch.setattr(Loader, "list_available_services", refuse)
    _all()
    assert set(read.values()) == {1}
    names = [path.partition("/botocore/data/")[2] for path in read]
    assert set(READS) <= set(names)


@pytest.mark.parametrize("name", READS)
def test_a_file_is_read_as_botocore_reads_it(name: str) -> None:
    path = f"{Loader.BUILTIN_DATA_PATH}/{name}"
    assert aws._Files().load_file(path) == JSONFileLoader().load_file(path)  # noqa: SLF001 - as above


def test_given_no_such_file_when_read_then_there_is_none(tmp_path: Path) -> None:
    assert aws._Files().load_file(str(tmp_path / "none")) is None  # noqa: SLF001 - as above


def test_all_services_are_known_to_botocore_and_limited_in_time_and_tries() -> None:
    for client in _all():
        config = vars(client.meta.config)
        assert (config["connect_timeout"], config["read_timeout"]) == (5, 30)
        assert config["retries"] == {"mode": "standard", "total_max_attempts": 4}
    assert {client.meta.service_model.service_name for client in _all()} == set(
        aws._SERVICES  # noqa: SLF001 - as above
    )
