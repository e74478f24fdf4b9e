"""The forms of the API that its documentation shows in more than one way."""

from collections.abc import Iterable, Mapping
from typing import Literal, Self

from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, JsonValue, ValidationError

from local.simulator.errors import ErrorShape
from local.simulator.models import Strict

type ListShape = Literal["array", "exports", "content", "items", "data"]
type IdStyle = Literal["exp", "base36"]


class Dialect(Strict):
    """Which of the documented forms the service speaks; names and values as for `--dialect`.

    `list_shape` and `trees_shape` say where the list calls have their array, `auth` which header
    carries the key of V2 calls, `teams` how a tree's teams are given. `level` says which names
    of the productivity report's level are taken, `sprint_metrics` how the sprint report spells
    its metrics. `compression` says which files are gzip unless the request or a scenario decides
    it, and `reuse_failed` whether an identical request gets a failed export again. `scope` says
    whether an org tree or team that is not there is refused or exported like any other, `unknown`
    what becomes of fields, parameters and values that no page names.
    """

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    list_shape: ListShape = "content"
    trees_shape: ListShape = "content"
    auth: Literal["authorization", "SEI_API_KEY"] = "authorization"
    teams: Literal["nested", "flat"] = "nested"
    level: Literal["both", "metricLevel", "aggregationLevel"] = "both"
    sprint_metrics: Literal["metrics", "metric"] = "metrics"
    compression: Literal["always", "large", "never"] = "always"
    reuse_failed: Literal["yes", "no"] = "yes"
    export_id: IdStyle = "exp"
    error_shape: ErrorShape = "message"
    scope: Literal["known", "any"] = "known"
    unknown: Literal["refused", "ignored"] = "refused"

    @classmethod
    def of(cls, switches: Iterable[str]) -> Self:
        """Read switches such as `level=metricLevel`.

        Raises:
            ValueError: There are no such ones; the message has each.
        """
        split = (switch.partition("=") for switch in switches)
        try:
            return cls().changed({name: value for name, _, value in split})
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, it['loc']))}: {it['msg']}" for it in error.errors())
            raise ValueError("; ".join(wrong)) from None

    def changed(self, switches: Mapping[str, JsonValue]) -> Self:
        """Return this dialect with other forms; ValidationError if there are no such ones."""
        return self.model_validate(self.model_dump(by_alias=True) | dict(switches))

    def check_spelling(self, report: str, body: Mapping[str, JsonValue]) -> None:
        """Raise RequestValidationError if a checked body has a field that is spelled otherwise."""
        options = body.get("options")
        if report == "productivity" and isinstance(options, dict) and self.level != "both":
            _refuse({"metricLevel", "aggregationLevel"} - {self.level}, options, "options")
        if report == "sprint":
            _refuse({"metrics", "metric"} - {self.sprint_metrics}, body)


def _refuse(names: Iterable[str], fields: Mapping[str, JsonValue], *path: str) -> None:
    # As for any other field that there is not, so that a server which ignores those has this too.
    for name in names:
        if name in fields:
            raise RequestValidationError(
                [
                    {
                        "type": "extra_forbidden",
                        "loc": ("body", *path, name),
                        "msg": "Extra inputs are not permitted",
                    }
                ]
            )


class DialectSwitch:
    """The dialect in force.

    Args:
        usual: the one of the start, and of a reset.
    """

    def __init__(self, usual: Dialect) -> None:
        self.usual = self.current = usual

    def reset(self) -> None:
        """Go back to the usual dialect."""
        self.current = self.usual
