"""An API key that is replaced at one call, and warm processes that have cached the old one."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from aws_lambda_powertools.utilities.parameters import SecretsProvider

from local.paths import ROOT
from sei_export.api.calls import HttpClient
from sei_export.api.key import ApiKey
from sei_export.api.urls import BaseUrl
from sei_export.clock import Deadline
from tests.fakes.loopback import Answer, Received, reply

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"
OLD, NEW = "pat.account.old.0123", "pat.account.new.4567"

BEGINNING = frozenset(
    folder.name
    for folder in (ROOT / "functions").iterdir()
    if (folder / "app.py").exists() and "fresh_key=True" in (folder / "app.py").read_text()
)
"""Functions that read the key afresh in each invocation."""


@dataclass
class Rotation:
    """Stands for Secrets Manager, and for the part of the API that looks at keys.

    Attributes:
        at: The call, from 1, at whose arrival the new key is stored; 0 is never.
        status: What the API answers to a key that it does not take.
        overlap: For how many more calls it still takes the old one.
        calls: How many have arrived.
        refused: How many were refused, by execution environment.
        read: How often the secret was read, by execution environment.
    """

    at: int = 0
    status: int = 401
    overlap: int = 0
    calls: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    _inside: str = ""
    _caches: dict[str, SecretsProvider] = field(default_factory=dict)

    def http(self, environment: str, base: BaseUrl, deadline: Deadline) -> HttpClient:
        """Make the calls of one invocation.

        Args:
            environment: The function's name, and a space and a number if several are warm.
            base: The API.
            deadline: The invocation's.
        """
        self._inside = environment
        if environment not in self._caches:
            client = cast("SecretsManagerClient", self)
            self._caches[environment] = SecretsProvider(boto3_client=client)
        key = ApiKey(SECRET_ARN, self._caches[environment])
        fresh = environment.partition(" ")[0] in BEGINNING
        return HttpClient(base, key, deadline, fresh_key=fresh)

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - AWS's name
        """As boto3's client answers."""
        assert SecretId == SECRET_ARN
        self.read[self._inside] += 1
        return {"SecretString": NEW if self._is_stored else OLD}

    def refuse(self, received: Received) -> Answer | None:
        """Look at a call's key; None lets it in."""
        self.calls += 1
        taken = {OLD}
        if self._is_stored:
            taken = {NEW} if self.calls >= self.at + self.overlap else {OLD, NEW}
        if (received.authorization or "").removeprefix("ApiKey ") in taken:
            return None
        self.refused[self._inside] += 1
        return reply(self.status, {"message": "The key is not valid."})

    @property
    def _is_stored(self) -> bool:
        return 0 < self.at <= self.calls
