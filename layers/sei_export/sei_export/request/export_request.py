"""What is asked for: valid, with dates resolved, in one canonical form."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date

from sei_export.input.kinds import Field, Group, Names, Number, Text, Word, all_names
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import LEVEL_NAMES, Report, Scope


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A valid request, in the API's spelling, lists sorted and without repeats.

    An option that has two names is sent by the one that the input has. Both ask for the same: the
    fingerprints are equal, and so are keys.

    Attributes:
        report: Which report.
        org: The Harness organization, for the `orgIdentifier` query parameter.
        project: The Harness project, for the `projectIdentifier` query parameter.
        scope: The body's `scope`; empty for a legacy report.
        start: First day.
        end: Last day.
        fields: The body's other fields, in the order of the report's table.
        is_not_over: Whether its last day was not over when it was read, and nobody meant that; no
            part of what is asked for.
    """

    report: Report
    org: str
    project: str
    scope: dict[str, str]
    start: date
    end: date
    fields: JsonObject = field(default_factory=dict)
    is_not_over: bool = field(default=False, compare=False)

    def body(self) -> JsonObject:
        """The body of the create call."""
        start, end = self.start.isoformat(), self.end.isoformat()
        if self.report.scope is Scope.COLLECTION:
            return {"dateStart": start, "dateEnd": end, **self.fields}
        return {
            "scope": dict(self.scope),
            "dateRange": {"start": start, "end": end},
            **self.fields,
        }

    def canonical(self) -> JsonObject:
        """This request's one form, itself a valid input that gives the same request again."""
        return {
            "report": self.report.name,
            "orgIdentifier": self.org,
            "projectIdentifier": self.project,
            **self.body(),
        }

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex; equal for requests that ask for the same, metric names in any case."""
        return _fingerprint({**self.canonical(), **_digested(self.report.fields, self.fields)})

    @property
    def shape_fingerprint(self) -> str:
        """8 hex digits; equal for requests whose files have the same columns."""
        shaping = _digested(self.report.fields, self.fields, only_shaping=True)
        return _fingerprint({"report": self.report.name, **shaping})[:8]

    @property
    def level(self) -> str | None:
        """Whose figures a row holds, such as `developer`, if the request says."""
        return next(filter(None, self._levels().values()), None)

    @property
    def level_name(self) -> str | None:
        """By which of its two names the level is sent, if the request says one."""
        return next((name for name, level in self._levels().items() if level), None)

    def with_other_level_name(self) -> "ExportRequest":
        """The same request, its level by the other name."""
        first, second = LEVEL_NAMES
        return replace(self, fields=_renamed(self.fields, {first: second, second: first}))

    @property
    def is_aggregated(self) -> bool:
        """Whether rows are about teams: a team's own one cannot be made of its child teams' rows.

        Rows about people can be put together. Productivity has those unless it is asked for teams.
        """
        level = self.level or ("developer" if self.report.name == "productivity" else None)
        return level != "developer"

    @property
    def granularity(self) -> str | None:
        """The length of a row's period, such as `monthly`, if the request says."""
        return self._text_at(self.report.granularity)

    @property
    def tree(self) -> str | None:
        """The org tree, if the request names one."""
        return self.scope.get("orgTreeName")

    @property
    def team(self) -> str | None:
        """The team, if the request names one; the collection of a legacy report is a team."""
        if self.report.scope is Scope.COLLECTION:
            collection, number = self._text_at(("collectionId",)), self.fields.get("teamRefId")
            # Two names of one team; where they differ, the answer's data may too.
            return collection if _same(collection, number) else f"{collection}:{number}"
        return self.scope.get("teamId")

    def _levels(self) -> dict[str, str | None]:
        """What the request has under each of the level's names; one of them at most."""
        place = self.report.level[:-1]
        return {name: self._text_at((*place, name)) for name in LEVEL_NAMES}

    def _text_at(self, path: tuple[str, ...]) -> str | None:
        value: JsonValue = self.fields if path else None
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else None


def _same(collection: str | None, number: JsonValue) -> bool:
    """Whether a legacy report names its team once, or twice by the same number."""
    # As texts: Python refuses to make a number of very many digits.
    return number is None or str(collection).lstrip("0") == str(number).lstrip("0")


def _digested(
    fields: tuple[Field, ...], values: JsonObject, *, only_shaping: bool = False
) -> JsonObject:
    """The values as fingerprints have them: what is asked for, in whichever words.

    Args:
        fields: Of the report's table.
        values: Theirs.
        only_shaping: Without those that do not decide which columns the file has.
    """
    result: JsonObject = {}
    for spec in fields:
        value = next((values[name] for name in all_names(spec) if name in values), None)
        if only_shaping and not _shapes(spec):
            continue
        name = spec.name
        if isinstance(spec, Names) and spec.any_case and isinstance(value, list):
            value = [str(each).upper() for each in value]
        elif isinstance(spec, Group) and isinstance(value, dict):
            value = _digested(spec.fields, value, only_shaping=only_shaping) or None
        elif isinstance(spec, Word):
            name = spec.digest_name or name
        if value is not None:
            result[name] = value
    return result


def _shapes(spec: Field) -> bool:
    return spec.shapes if isinstance(spec, Word) else not isinstance(spec, Text | Number)


def _renamed(values: JsonObject, names: dict[str, str]) -> JsonObject:
    return {
        names.get(name, name): _renamed(value, names) if isinstance(value, dict) else value
        for name, value in values.items()
    }


def _fingerprint(value: JsonObject) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
