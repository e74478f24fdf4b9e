"""PlanBatch: from a plan to the items of a batch's first round."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sei_export import dates, keys
from sei_export.api.client import Connect
from sei_export.api.trees import find_tree
from sei_export.batch.cuts import Cut
from sei_export.batch.entry import PlannedExport
from sei_export.batch.estimate import estimate
from sei_export.batch.items import Item, Opened, expand
from sei_export.batch.plan import Plan, parse_plan
from sei_export.bucket.documents import Documents
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, TreeKey
from sei_export.settings import BatchSettings

logger = logging.getLogger(__name__)

_MEND = "Correct the plan and start a new execution; nothing was created at the API."

_SHOWN_WARNINGS = 20

_SHOWN_BYTES = 100_000
"""Of a dry run's items, in the execution's output, which has 256 KiB; all are in the bucket."""

CONTINUE = "CONTINUE"
"""The status of a batch that has a round to run."""


@dataclass(frozen=True, slots=True)
class BatchRun:
    """What only the state machine knows.

    Attributes:
        name: The execution's name, which names the run's folder.
        execution_arn: The execution.
        started_at: Its start, the anchor of relative dates without a nominal time.
    """

    name: str
    execution_arn: str
    started_at: datetime


def plan_batch(
    given: JsonValue,
    run: BatchRun,
    settings: BatchSettings,
    connect: Connect,
    documents: Documents,
) -> JsonObject:
    """Plan it: nothing is created at the API.

    Args:
        given: The execution's input, a plan.
        run: What only the state machine knows.
        settings: The stack's.
        connect: Makes the client for an organization and project.
        documents: Where the plan goes, and what is known of earlier batches.

    Returns:
        `status` CONTINUE with `run`, `round` and `itemsKey`; for a dry run `dryRun`: true with
        `items`, `itemCount`, `planKey`, `estimate` and `warnings`.

    Raises:
        InvalidRequestError: With every problem of the plan, by path.
        AuthenticationError: The API refuses the key, and teams are to be looked up.
        SeiExportError: As the client and `Documents` raise.
    """
    plan = parse_plan(given, settings.defaults, settings.batch_plan, run.started_at)
    trees, warnings = _trees(plan, connect)
    cuts = _cuts(plan, documents)
    splits = {key: cut.splits for key, cut in cuts.items()}
    expansion = expand(plan, trees, splits, run.name)
    items = expansion.items
    content: JsonObject = {
        "run": run.name,
        "name": plan.name,
        "executionArn": run.execution_arn,
        "startedAt": dates.format_moment(run.started_at),
        "scheduledTime": dates.format_moment(plan.anchor),
        "plan": plan.given,
        "warnings": [*warnings],
        "trees": [
            {"org": key[0], "project": key[1], "tree": tree.to_json()}
            for key, tree in trees.items()
        ],
        "cuts": {key: cut.to_json() for key, cut in cuts.items()},
        "opened": [_opened(each) for each in expansion.opened],
        "itemCount": len(items),
    }
    plan_key = keys.plan_key(run.name)
    if plan.dry_run:
        _check_key(plan, trees, connect)
        documents.write_json(plan_key, {**content, "items": [item.to_json() for item in items]})
        return {
            "dryRun": True,
            "run": run.name,
            "name": plan.name,
            "itemCount": len(items),
            "items": _shown(items),
            "planKey": plan_key,
            "estimate": estimate(_durations(items, documents), settings.max_concurrency).to_json(),
            "warnings": [*warnings[:_SHOWN_WARNINGS]],
        }
    items_key = keys.round_key(run.name, 1)
    documents.write_json(plan_key, content)
    documents.write_list(items_key, [item.to_json() for item in items])
    for warning in warnings:
        logger.warning("%s", warning)
    return {"status": CONTINUE, "run": run.name, "round": 1, "itemsKey": items_key}


def _trees(plan: Plan, connect: Connect) -> tuple[dict[TreeKey, OrgTree], list[str]]:
    """The trees that the plan is about, each asked for once.

    One that is exported whole can do without: it then cannot be split.
    """
    trees: dict[TreeKey, OrgTree] = {}
    unread: dict[TreeKey, SeiExportError] = {}
    problems: list[str] = []
    for planned in plan.exports:
        key = planned.tree_key
        if key is None:
            continue
        if key not in trees and key not in unread:
            path = f"{planned.path}.scope.orgTreeName"
            try:
                trees[key] = find_tree(connect(planned.requests[0]), key[2], path)
            except (AuthenticationError, InvalidRequestError, ProtocolError) as error:
                # What passes is not caught: the state machine tries that again.
                unread[key] = error
        error_of_tree = unread.get(key)
        if error_of_tree and (plan.dry_run or not planned.is_whole):
            if not isinstance(error_of_tree, InvalidRequestError):
                raise error_of_tree
            problems += error_of_tree.problems
    if problems:
        raise InvalidRequestError([*dict.fromkeys(problems)], remedy=_MEND)
    warnings = [f"Org tree {key[2]} cannot be split: {it.message}" for key, it in unread.items()]
    warnings += [text for key, tree in trees.items() if (text := _flat(plan, key, tree))]
    warnings += [text for planned in plan.exports if (text := _unknown_team(planned, trees))]
    return trees, warnings


def _flat(plan: Plan, key: TreeKey, tree: OrgTree) -> str | None:
    """What a flat tree means for a plan."""
    if not tree.is_flat:
        return None
    cut = any(it.tree_key == key and not it.is_whole for it in plan.exports)
    return (
        f"The API gives the teams of org tree {key[2]} as a flat list, without telling which "
        "contain which: it cannot be split"
        + (", and a team may be exported twice, once within another." if cut else ".")
    )


def _unknown_team(planned: PlannedExport, trees: Mapping[TreeKey, OrgTree]) -> str | None:
    """That an entry's team is not in its tree, as far as the API tells."""
    team, tree = planned.requests[0].team, trees.get(planned.tree_key) if planned.tree_key else None
    if team is None or tree is None or tree.find(team):
        return None
    return f"{planned.path}.scope.teamId {team} is not among the teams of org tree {tree.name}."


def _check_key(plan: Plan, trees: Mapping[TreeKey, OrgTree], connect: Connect) -> None:
    """See that the API takes the key, also where no tree was asked for."""
    asked = {key[:2] for key in trees}
    for planned in plan.exports:
        request = planned.requests[0]
        if (request.org, request.project) not in asked:
            asked.add((request.org, request.project))
            connect(request).org_trees()


def _cuts(plan: Plan, documents: Documents) -> dict[str, Cut]:
    """What is known of the plan's trees, by key; the key's folder has no dates."""
    wanted = (keys.cut_key(it.requests[0]) for it in plan.exports if it.tree_key)
    return {key: Cut.from_json(content) for key, content in documents.read_many(wanted).items()}


def _durations(items: Iterable[Item], documents: Documents) -> list[tuple[bool, float]]:
    """For each item whether it is legacy, and how long the last of its kind took; 0 if unknown."""
    requests = [item.request() for item in items]
    known = documents.read_many(
        keys.series_key(request) for request in requests if not request.report.is_legacy
    )
    return [
        (request.report.is_legacy, _seconds(known.get(keys.series_key(request), {})))
        for request in requests
    ]


def _seconds(series: JsonObject) -> float:
    seconds = series.get("durationSeconds")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def _opened(opened: Opened) -> JsonObject:
    """What was split from the start, for the manifest."""
    request = opened.request
    return {
        "cut": opened.cut,
        "report": request.report.name,
        "teamId": opened.team_id,
        "team": None if opened.is_tree else opened.team_id,
        "teamName": opened.team_name,
        "dateRange": {"start": request.start.isoformat(), "end": request.end.isoformat()},
        "aggregated": request.is_aggregated,
    }


def _shown(items: Iterable[Item]) -> list[JsonValue]:
    """Of each item what a person wants to see, as many as fit."""
    shown: list[JsonValue] = []
    left = _SHOWN_BYTES
    for item in items:
        content = item.to_json()
        brief: JsonObject = {name: content[name] for name in ("id", "team", "teamName", "key")}
        left -= len(json.dumps(brief))
        if left < 0:
            break
        shown.append(brief)
    return shown
