"""The API key, from Secrets Manager."""

import json
from http import HTTPStatus
from typing import Protocol

from botocore.exceptions import ClientError

from sei_export.errors import ConfigurationError, ServiceUnavailableError

MAX_AGE_SECONDS = 300
"""How long one reading of the secret serves: the longest that a rotated key goes unnoticed where an
execution is under way. What begins one reads it afresh, and so does a call that was refused."""

_JSON_FIELD = "apiKey"
_QUOTES = frozenset("\"'`´“”„‟‘’‚‛«»‹›")  # noqa: RUF001 - what word processors make of quotation marks
_NOT_THERE = frozenset({"ResourceNotFoundException"})
_THROTTLED = "ThrottlingException"
"""What passes, too, is an answer of 5xx, by whatever name."""


class SecretReader(Protocol):
    """What is used of Powertools' `SecretsProvider`."""

    def get(
        self, name: str, max_age: int | None = None, *, force_fetch: bool = False
    ) -> str | bytes | dict[str, object] | None:
        """Read a secret's current value."""


class ApiKey:
    """The key for the `authorization` header.

    Args:
        secret_arn: The secret; its value is the key, or a JSON object with a field `apiKey`.
        reader: Powertools' provider, or a fake.
    """

    def __init__(self, secret_arn: str, reader: SecretReader) -> None:
        self._arn = secret_arn
        self._reader = reader

    def read(self, *, fresh: bool = False) -> str:
        """The key, at most `MAX_AGE_SECONDS` old, or read just now.

        Raises:
            ConfigurationError: Unset, malformed, or this function may not read it.
            ServiceUnavailableError: Secrets Manager does not answer for now.
        """
        try:
            return self._checked(self._value(fresh=fresh))
        except ConfigurationError:
            if fresh:
                raise
        # What was wrong may have been mended since it was cached.
        return self._checked(self._value(fresh=True))

    def _value(self, *, fresh: bool) -> str:
        # This package of Powertools imports boto3, which a function's start need not wait for.
        from aws_lambda_powertools.utilities.parameters.exceptions import (  # noqa: PLC0415 - as above
            GetParameterError,
        )

        try:
            value = self._reader.get(self._arn, max_age=MAX_AGE_SECONDS, force_fetch=fresh)
        except GetParameterError as error:
            raise self._unreadable(error) from None
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        return text.strip() if isinstance(text, str) else ""

    def _checked(self, text: str) -> str:
        if text.startswith("{"):
            try:
                value = json.loads(text)[_JSON_FIELD]
            except (ValueError, KeyError, RecursionError):
                value = None
            if not isinstance(value, str):
                raise self._unset(f"is JSON without a text in its field {_JSON_FIELD}")
            text = value.strip()
        if not text:
            raise self._unset("has no value")
        fault = _fault(text)
        if fault:
            raise self._unset(f"is not a key: it {fault}")
        return text

    def _unset(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"The API key's secret {self._arn} {what}.",
            remedy=(
                "Store the key alone, without the word ApiKey: run `aws secretsmanager "
                f"put-secret-value --secret-id {self._arn} --secret-string file:///dev/stdin`, "
                "paste the key, press Enter and Ctrl-D."
            ),
        )

    def _unreadable(self, error: Exception) -> ConfigurationError | ServiceUnavailableError:
        # Powertools tells AWS's code in a text only; its error is raised while AWS's is handled.
        cause = error.__context__
        code, status = "", 0
        if isinstance(cause, ClientError):
            code = cause.response.get("Error", {}).get("Code", "")
            status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _NOT_THERE:
            return self._unset("does not exist or has no value yet")
        if not code or code == _THROTTLED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ServiceUnavailableError(
                f"Secrets Manager did not give the API key ({code or type(cause).__name__}).",
                remedy="Start a new execution later; check the AWS Health Dashboard.",
            )
        return ConfigurationError(
            f"This function may not read the API key's secret {self._arn} ({code}).",
            remedy="Allow its role secretsmanager:GetSecretValue, and kms:Decrypt on its KMS key.",
        )


def _fault(text: str) -> str:
    """What a text has that no key has; empty if there is nothing."""
    ends = {text[0], text[-1]}
    if not ends.isdisjoint(_QUOTES):
        return "stands in quotation marks"
    if not ends.isdisjoint("<>"):
        return "stands in angle brackets, as a placeholder does"
    if any(character.isspace() for character in text):
        return "has spaces or line breaks inside"
    if not (text.isascii() and text.isprintable()):
        return "has characters that no header may have"
    return ""
