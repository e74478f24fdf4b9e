"""One session for all clients, which reads each of botocore's files once and lists no folder."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader
from botocore.retries.standard import ExponentialBackoff, RetryContext

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
    kept = (aws._session, aws._data)  # noqa: SLF001 - kept for a process's life
    for part in kept:
        part.cache_clear()
    yield
    for part in kept:
        part.cache_clear()


def _all() -> list["BaseClient"]:
    return [aws.secrets(), aws.s3(10), aws.events(), aws.states()]


def _name_of(service: str) -> str:
    client = cast("BaseClient", aws._client(service))  # noqa: SLF001 - what makers call
    return client.meta.service_model.service_name


def test_when_all_clients_are_made_then_no_file_is_read_twice_nor_any_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(loader: aws._Files, path: str) -> object:
        content = plain(loader, path)
        if content is not None:
            read[path] += 1
        return content

    def refuse(*_: object) -> list[str]:
        raise AssertionError("botocore's folders are searched")

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
        assert (config["connect_timeout"], config["read_timeout"]) == (3, 4)
        assert config["retries"] == {"mode": "standard", "total_max_attempts": 2}
    services = [client.meta.service_model.service_name for client in _all()]
    assert services == ["secretsmanager", "s3", "events", "stepfunctions"]


@pytest.mark.parametrize("seconds", [5, 15, 39, 40, 75, 300])
def test_a_call_whose_tries_all_hang_takes_the_time_that_it_was_given(seconds: float) -> None:
    patience = aws.Patience.within(seconds)
    config = vars(aws.s3(1, patience).meta.config)
    assert config["retries"]["total_max_attempts"] == patience.tries >= 2
    hanging = patience.tries * (config["connect_timeout"] + config["read_timeout"])
    # As if chance were at its end each time.
    backoff = ExponentialBackoff(random=lambda: 1.0)
    tried = [RetryContext(attempt_number=number) for number in range(1, patience.tries)]
    pauses = [backoff.delay_amount(context) for context in tried]
    assert hanging + sum(pauses) == pytest.approx(patience.longest) == pytest.approx(seconds)
    assert 0 < config["connect_timeout"] <= 3
    assert config["read_timeout"] > 0


def test_a_hint_is_asked_for_once_and_not_for_long() -> None:
    config = vars(aws.s3(1, aws.HINT).meta.config)
    assert config["retries"]["total_max_attempts"] == 1
    assert config["connect_timeout"] + config["read_timeout"] == aws.HINT.longest == 2


@pytest.mark.parametrize("service", ["sns", "glue", "sqs"])
def test_a_client_is_made_of_any_service_that_botocore_has(service: str) -> None:
    # As whoever adds a maker will ask for it, before and after those that there are.
    assert _name_of(service) == service
    _all()
    assert _name_of(service) == service


@pytest.mark.parametrize("before", [False, True], ids=["at first", "after others"])
def test_an_unknown_service_is_refused_with_botocores_own_words(*, before: bool) -> None:
    if before:
        _all()
    for _ in range(2):
        with pytest.raises(DataNotFoundError) as caught:
            _name_of("secretmanager")
        assert str(caught.value) == "Unable to load data for: secretmanager"
    # Nor does it stand in the way of the others.
    assert len(_all()) == 4


def test_clients_have_as_many_connections_as_they_are_told() -> None:
    pools = [vars(client.meta.config)["max_pool_connections"] for client in _all()]
    assert pools == [1, 10, 1, 1]
