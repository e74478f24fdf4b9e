"""Reading whose data a request asks for; problems are collected, not raised."""

from collections.abc import Iterator
from dataclasses import dataclass

from sei_export.input.fields import read_text
from sei_export.input.ids import read_team_id
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.defaults import RequestDefaults
from sei_export.request.reports import IDENTIFIERS, Report, Scope

_NAMES_BELONG = "names belong into scope.teams of a batch's plan"


@dataclass(slots=True)
class ScopeReader:
    """One reading of one request's scope.

    Attributes:
        asked: The request.
        defaults: What the stack says where the request is silent.
        problems: Where problems go.
        report: The request's, if it names one.
        known_beside: Fields that a scope may have for another reader, such as `teams`.
        is_stored: Whether the request was read before: its team's id may be any text, as an API
            may have had it.
    """

    asked: JsonObject
    defaults: RequestDefaults
    problems: Problems
    report: Report | None
    known_beside: tuple[str, ...]
    is_stored: bool

    def identifier(self, name: str, default: str) -> str:
        """Read an organization or a project: the scope's, or the request's, or the stack's."""
        texts = [read_text(path, given, self.problems) for path, given in self._identifiers(name)]
        if len(set(texts)) > 1 and all(texts):
            self.problems.add(f"scope.{name} and {name} name one thing and differ: give one.")
        if texts:
            return texts[0]
        if not default:
            self.problems.missing(name, "give the identifier as Harness shows it")
            return ""
        return read_text(name, default, self.problems)

    def _identifiers(self, name: str) -> Iterator[tuple[str, JsonValue]]:
        """Where the input names it: the API wants it inside some scopes and in every query."""
        scope = self.asked.get("scope")
        # In a scope that is a team, or of another kind of report, it is refused as such.
        of_tree = self.report and self.report.scope is Scope.TREE_OR_TEAM
        if of_tree and isinstance(scope, dict) and name in scope and "teamId" not in scope:
            yield f"scope.{name}", scope[name]
        if name in self.asked:
            yield name, self.asked[name]

    def read(self, org: str, project: str) -> dict[str, str]:
        """Read the body's scope; empty for a legacy report, and after a problem perhaps.

        Args:
            org: The request's organization.
            project: The request's project.
        """
        report = self.report
        if report is None or report.scope is Scope.COLLECTION:
            return {}
        given = self.asked.get("scope")
        if given is None:
            given = {}
        if not isinstance(given, dict):
            self.problems.bad_value("scope", given, f"an object with {report.scope.value}")
            return {}
        either = report.scope is Scope.TREE_OR_TEAM
        # The API wants the identifiers inside `scope` too, beside `orgTreeName`, for all reports
        # but productivity.
        known = ("orgTreeName", "teamId", *(IDENTIFIERS if either else ()))
        self.problems.unknown_fields("scope.", given, (*known, *self.known_beside))
        if either and {"orgTreeName", "teamId"} <= set(given):
            self.problems.bad_value("scope", given, f"{report.scope.value}, not both,")
            return {}
        scope: dict[str, str] = {}
        if "orgTreeName" in given or not (either and "teamId" in given):
            scope["orgTreeName"] = self._tree(given)
            if either:
                scope |= zip(IDENTIFIERS, (org, project), strict=True)
        elif {*IDENTIFIERS} & set(given):
            self.problems.add(
                "scope.orgIdentifier and scope.projectIdentifier go with orgTreeName, not teamId."
            )
        if "teamId" in given:
            scope["teamId"] = self._team(given["teamId"])
        return scope

    def _team(self, given: JsonValue) -> str:
        if self.is_stored:
            return read_text("scope.teamId", given, self.problems)
        return read_team_id("scope.teamId", given, self.problems, _NAMES_BELONG)

    def _tree(self, given: JsonObject) -> str:
        if "orgTreeName" in given or self.defaults.org_tree_name:
            tree = given.get("orgTreeName", self.defaults.org_tree_name)
            return read_text("scope.orgTreeName", tree, self.problems)
        self.problems.missing(
            "scope.orgTreeName", "give it, or set the stack's parameter OrgTreeName"
        )
        return ""
