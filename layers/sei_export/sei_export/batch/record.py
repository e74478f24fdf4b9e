"""What PlanBatch writes down and CloseBatch reads: `plan.json` of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sei_export import keys
from sei_export.batch.cuts import Cut
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Caution
from sei_export.orgtree import OrgTree, Team, TreeName
from sei_export.request.export_request import ExportRequest


@dataclass(frozen=True, slots=True)
class Opened:
    """A team, or a tree, that is known to be too large, and so is exported as the teams inside it.

    Attributes:
        cut: `keys.cut_key`, where that is known from.
        report: The report's name.
        team_id: The team's; of a tree, its root's.
        team_name: The team's name.
        is_tree: Whether it is the whole tree.
        start: First day of what would have been asked for.
        end: Last day.
        aggregated: Whether its own rows cannot be made of those of the teams inside it.
        listed: Whether the plan's list tells of it, as of an item.
    """

    cut: str
    report: str
    team_id: str
    team_name: str
    is_tree: bool
    start: date
    end: date
    aggregated: bool
    listed: bool = True

    @classmethod
    def of(cls, request: ExportRequest, team: Team, *, is_tree: bool) -> "Opened":
        """Tell what is opened, given what would have been asked for."""
        return cls(
            cut=keys.cut_key(request),
            report=request.report.name,
            team_id=team.id,
            team_name=team.name,
            is_tree=is_tree,
            start=request.start,
            end=request.end,
            aggregated=request.is_aggregated,
        )

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {
            "cut": self.cut,
            "report": self.report,
            "teamId": self.team_id,
            "team": None if self.is_tree else self.team_id,
            "teamName": self.team_name,
            "dateRange": {"start": self.start.isoformat(), "end": self.end.isoformat()},
            "aggregated": self.aggregated,
            "listed": self.listed,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Opened":
        """Read it back.

        Raises:
            InvalidRequestError: It is not such a form.
        """
        match given:
            case {
                "cut": str(cut),
                "report": str(report),
                "teamId": str(team_id),
                "team": team,
                "teamName": str(team_name),
                "dateRange": {"start": str(start), "end": str(end)},
                "aggregated": bool(aggregated),
                **more,
            }:
                # What was planned before there was `listed` has none.
                return cls(
                    cut=cut,
                    report=report,
                    team_id=team_id,
                    team_name=team_name,
                    is_tree=team is None,
                    start=_day(start),
                    end=_day(end),
                    aggregated=aggregated,
                    listed=more.get("listed") is not False,
                )
        raise _bad_form("opened")


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A batch as it was planned.

    Attributes:
        run: The batch's folder.
        name: The plan's.
        execution_arn: The batch's execution.
        started_at: The execution's start, ISO 8601.
        scheduled_time: The moment that relative dates were relative to, ISO 8601.
        plan: What was read: the input, or what the stack has in its place.
        warnings: What the operator should know.
        trees: The org trees that were read.
        cuts: By `keys.cut_key`, what was known of trees.
        opened: What was split from the start.
        item_count: How many items the first round has.
        resumes: The runs that this one goes on with, the first one first.
        is_stacks: Whether it is the stack's own plan, which the schedule runs.
    """

    run: str
    name: str
    execution_arn: str
    started_at: str
    scheduled_time: str
    plan: JsonObject
    warnings: tuple[Caution, ...]
    trees: Mapping[TreeName, OrgTree]
    cuts: Mapping[str, Cut]
    opened: tuple[Opened, ...]
    item_count: int
    resumes: tuple[str, ...] = ()
    is_stacks: bool = False

    @property
    def is_named(self) -> bool:
        """Whether somebody gave the plan its name."""
        return "name" in self.plan

    @property
    def day(self) -> date:
        """The day on which it was started, UTC."""
        return _day(self.started_at[:10])

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {
            "run": self.run,
            "name": self.name,
            "executionArn": self.execution_arn,
            "startedAt": self.started_at,
            "scheduledTime": self.scheduled_time,
            "plan": self.plan,
            "warnings": [it.to_json() for it in self.warnings],
            "trees": [
                {"org": name.org, "project": name.project, "tree": tree.to_json()}
                for name, tree in self.trees.items()
            ],
            "cuts": {key: cut.to_json() for key, cut in self.cuts.items()},
            "opened": [each.to_json() for each in self.opened],
            "itemCount": self.item_count,
            "resumes": [*self.resumes],
            "isStacks": self.is_stacks,
        }

    @classmethod
    def from_json(cls, content: JsonObject) -> "PlanRecord":
        """Read it back.

        Raises:
            InvalidRequestError: It is not such a form.
        """
        match content:
            case {
                "run": str(run),
                "name": str(name),
                "executionArn": str(arn),
                "startedAt": str(started_at),
                "scheduledTime": str(scheduled_time),
                "plan": dict(plan),
                "warnings": list(warnings),
                "trees": list(trees),
                "cuts": dict(cuts),
                "opened": list(opened),
                "itemCount": int(item_count),
            }:
                # What was planned before there were these has none.
                resumes = content.get("resumes")
                return cls(
                    run=run,
                    name=name,
                    execution_arn=arn,
                    started_at=started_at,
                    scheduled_time=scheduled_time,
                    plan=plan,
                    warnings=tuple(_warning(each) for each in warnings),
                    trees=dict(_tree(each) for each in trees),
                    cuts={key: _cut(cut) for key, cut in cuts.items()},
                    opened=tuple(Opened.from_json(each) for each in opened),
                    item_count=item_count,
                    resumes=tuple(map(str, resumes)) if isinstance(resumes, list) else (),
                    is_stacks=content.get("isStacks") is True,
                )
        raise _bad_form("plan.json")


def _tree(given: JsonValue) -> tuple[TreeName, OrgTree]:
    match given:
        case {"org": str(org), "project": str(project), "tree": content}:
            tree = OrgTree.from_json(content)
            return TreeName(org, project, tree.name), tree
    raise _bad_form("trees")


def _warning(given: JsonValue) -> Caution:
    try:
        return Caution.from_json(given)
    except (KeyError, TypeError):
        raise _bad_form("warnings") from None


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise _bad_form("opened") from None


def _cut(given: JsonValue) -> Cut:
    return Cut.from_json(given if isinstance(given, dict) else {})


def _bad_form(name: str) -> InvalidRequestError:
    return InvalidRequestError([f"{name} is not what PlanBatch writes."], remedy=BY_HAND)
