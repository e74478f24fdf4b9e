"""The API key, through Powertools' real provider; only Secrets Manager itself is a fake."""

import json
import traceback
from dataclasses import dataclass, field
from string import ascii_letters, digits
from typing import TYPE_CHECKING, cast

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.exceptions import ClientError, EndpointConnectionError

from sei_export.api.key import ApiKey
from sei_export.errors import ConfigurationError, SeiExportError, ServiceUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:sei-key-AbCdEf"

type Outcome = str | bytes | Exception


@dataclass
class FakeSecretsManager:
    """Stands for boto3's client: gives one outcome per read, and the last one for ever."""

    outcomes: list[Outcome]
    read: list[str] = field(default_factory=list)

    def get_secret_value(self, *, SecretId: str) -> dict[str, str | bytes]:  # noqa: N803 - AWS's name
        """As boto3's client answers."""
        self.read.append(SecretId)
        outcome = self.outcomes[min(len(self.read), len(self.outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return {"SecretBinary" if isinstance(outcome, bytes) else "SecretString": outcome}


def _refusal(code: str, status: int = 400) -> ClientError:
    refusal = ClientError({"Error": {"Code": code, "Message": "No."}}, "GetSecretValue")
    refusal.response["ResponseMetadata"] = {
        "HTTPStatusCode": status,
        "HTTPHeaders": {},
        "HostId": "",
        "RequestId": "",
        "RetryAttempts": 0,
    }
    return refusal


def _key(*outcomes: Outcome) -> tuple[ApiKey, FakeSecretsManager]:
    manager = FakeSecretsManager(list(outcomes))
    client = cast("SecretsManagerClient", manager)
    return ApiKey(ARN, SecretsProvider(boto3_client=client)), manager


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param("pat.abc.def", id="plain"),
        pytest.param(" pat.abc.def\r\n", id="with white space, as from a file"),
        pytest.param(b"pat.abc.def\n", id="binary"),
        pytest.param('{"apiKey": "pat.abc.def"}', id="JSON"),
        pytest.param('\n{"other": 1, "apiKey": " pat.abc.def\\n"}\n', id="JSON with white space"),
    ],
)
def test_a_key_is_read_from_each_form_of_secret(stored: str | bytes) -> None:
    key, manager = _key(stored)
    assert key.read() == "pat.abc.def"
    assert manager.read == [ARN]


@pytest.mark.parametrize(
    "stored",
    ["a/b+c==", "a'b", 'a"b', "a<b>c", "[a]", "(a)", "$a", *ascii_letters, *digits],
)
def test_what_a_header_may_have_is_a_key_whatever_it_looks_like(stored: str) -> None:
    key, _ = _key(stored)
    assert key.read() == stored


def test_a_second_read_costs_no_call() -> None:
    key, manager = _key("pat.old", "pat.new")
    assert [key.read(), key.read()] == ["pat.old", "pat.old"]
    assert len(manager.read) == 1


def test_a_fresh_read_asks_again_and_serves_the_next_reads_too() -> None:
    key, manager = _key("pat.old", "pat.new")
    assert [key.read(), key.read(fresh=True), key.read()] == ["pat.old", "pat.new", "pat.new"]
    assert len(manager.read) == 2


def test_a_cached_value_that_is_no_key_is_read_again_since_it_may_be_mended() -> None:
    key, manager = _key("ApiKey pat.abc", "pat.abc")
    assert key.read() == "pat.abc"
    assert len(manager.read) == 2


def test_a_fresh_value_that_is_no_key_is_not_read_once_more() -> None:
    key, manager = _key("ApiKey pat.abc")
    with pytest.raises(ConfigurationError, match=f"The API key's secret {ARN} "):
        key.read(fresh=True)
    assert len(manager.read) == 1


@dataclass
class FakeReader:
    """Stands for Powertools' provider, for what cannot be seen through it."""

    value: str | None
    ages: list[int | None] = field(default_factory=list)

    def get(
        self,
        name: str,  # noqa: ARG002 - the provider's signature
        max_age: int | None = None,
        *,
        force_fetch: bool = False,  # noqa: ARG002 - as above
    ) -> str | None:
        """As the provider answers."""
        self.ages.append(max_age)
        return self.value


def test_a_key_may_be_five_minutes_old() -> None:
    reader = FakeReader("pat.abc")
    ApiKey(ARN, reader).read()
    assert reader.ages == [300]


def test_a_provider_without_a_value_is_a_secret_without_one() -> None:
    with pytest.raises(ConfigurationError, match="has no value"):
        ApiKey(ARN, FakeReader(None)).read()


MALFORMED = [
    pytest.param("", "has no value", id="empty"),
    pytest.param(" \n", "has no value", id="blank"),
    pytest.param('{"apiKey": ""}', "has no value", id="JSON, empty"),
    pytest.param("{}", "is JSON without a text in its field apiKey", id="JSON, empty object"),
    pytest.param('{"key": "hunter2"}', "its field apiKey", id="JSON, another field"),
    pytest.param('{"apiKey": null}', "its field apiKey", id="JSON, null"),
    pytest.param('{"apiKey": 12345}', "its field apiKey", id="JSON, number"),
    pytest.param('{"apiKey": {"value": "hunter2"}}', "its field apiKey", id="JSON, nested"),
    pytest.param('{"apiKey": "hunter2"', "its field apiKey", id="JSON cut short"),
    pytest.param('{"apiKey":' * 5000, "its field apiKey", id="JSON without end"),
    pytest.param("ApiKey hunter2", "is not a key: it has spaces", id="with the word ApiKey"),
    pytest.param("hunter2 hunter2", "it has spaces or line breaks inside", id="blank"),
    pytest.param("hunter2\u00a0hunter2", "it has spaces", id="blank of a word processor"),
    *(
        pytest.param(f"{left}hunter2{right}", "it stands in quotation marks", id=name)
        for left, right, name in (
            ('"', '"', "quotation marks, as JSON"),
            ("'", "'", "single quotation marks"),
            ("`", "`", "backticks"),
            ("“", "”", "quotation marks of a word processor"),
            ("«", "»", "quotation marks in French"),
            ("", '"', "a quotation mark at the end"),
            ('"', "", "a quotation mark at the beginning"),
        )
    ),
    pytest.param('{"apiKey": "\\"hunter2\\""}', "quotation marks", id="JSON, quoted twice"),
    pytest.param("<hunter2>", "it stands in angle brackets", id="angle brackets"),
    pytest.param("< hunter2 hunter2>", "it stands in angle brackets", id="brackets and blanks"),
    pytest.param('{"apiKey": "ApiKey hunter2"}', "is not a key", id="JSON, with the word ApiKey"),
    pytest.param("hunter2\nhunter2", "it has spaces or line breaks inside", id="two lines"),
    pytest.param("hunter2\r\nx-evil: 1", "spaces or line breaks inside", id="header injection"),
    pytest.param("hunter2\thunter2", "it has spaces or line breaks inside", id="tab"),
    pytest.param("hunter2\0hunter2", "it has characters that no header may have", id="no byte"),
    pytest.param("hunter2é", "it has characters that no header may have", id="not ASCII"),
    pytest.param(b"\xff\xfehunter2", "characters that no header may have", id="not UTF-8"),
]


@pytest.mark.parametrize(("stored", "complaint"), MALFORMED)
def test_a_malformed_secret_is_a_configuration_error_that_says_how_to_set_it(
    stored: str | bytes, complaint: str
) -> None:
    key, _ = _key(stored)
    with pytest.raises(ConfigurationError) as caught:
        key.read()
    assert caught.value.message.startswith(f"The API key's secret {ARN} ")
    assert complaint in caught.value.message
    assert f"aws secretsmanager put-secret-value --secret-id {ARN}" in caught.value.remedy


@pytest.mark.parametrize(("stored", "_complaint"), MALFORMED)
def test_no_part_of_a_malformed_secret_is_shown(stored: str | bytes, _complaint: str) -> None:
    key, _ = _key(stored)
    with pytest.raises(SeiExportError) as caught:
        key.read()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(key)
    assert "hunter2" not in shown
    assert "12345" not in shown


def test_a_secret_without_a_value_yet_says_how_to_set_it() -> None:
    key, _ = _key(_refusal("ResourceNotFoundException"))
    with pytest.raises(ConfigurationError, match="does not exist or has no value yet") as caught:
        key.read()
    assert "put-secret-value" in caught.value.remedy


def test_a_secret_that_was_set_meanwhile_is_read() -> None:
    key, _ = _key(_refusal("ResourceNotFoundException"), "pat.abc")
    assert key.read() == "pat.abc"


@pytest.mark.parametrize("code", ["AccessDeniedException", "DecryptionFailure"])
def test_a_secret_that_may_not_be_read_says_what_to_allow(code: str) -> None:
    key, _ = _key(_refusal(code))
    with pytest.raises(ConfigurationError, match=f"may not read .*{code}") as caught:
        key.read()
    assert "secretsmanager:GetSecretValue" in caught.value.remedy
    assert "kms:Decrypt" in caught.value.remedy


@pytest.mark.parametrize(
    ("failure", "shown"),
    [
        pytest.param(_refusal("ThrottlingException"), "ThrottlingException", id="throttled"),
        pytest.param(_refusal("InternalServiceError", 500), "InternalServiceError", id="failing"),
        pytest.param(_refusal("500", 500), "500", id="an answer without a code"),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://secretsmanager.example"),
            "EndpointConnectionError",
            id="no connection",
        ),
    ],
)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_failure_that_passes_is_one_that_the_state_machine_retries(
    failure: Exception, shown: str, *, fresh: bool
) -> None:
    key, manager = _key(failure)
    with pytest.raises(ServiceUnavailableError) as caught:
        key.read(fresh=fresh)
    assert caught.value.message == f"Secrets Manager did not give the API key ({shown})."
    assert "AWS Health Dashboard" in caught.value.remedy
    assert len(manager.read) == 1


def test_a_failed_read_is_not_remembered() -> None:
    key, _ = _key(_refusal("ThrottlingException"), json.dumps({"apiKey": "pat.abc"}))
    with pytest.raises(ServiceUnavailableError, match="ThrottlingException"):
        key.read()
    assert key.read() == "pat.abc"
