"""The create call: a new export, or the one that an identical request made before."""

import time

from local.simulator.errors import ApiError
from local.simulator.reports.request import ExportRequest
from local.simulator.world import lifecycle
from local.simulator.world.exports import Export, Wanted
from local.simulator.world.messages import ExportCreated
from local.simulator.world.state import Simulator


def check_scope(simulator: Simulator, request: ExportRequest) -> None:
    """Raise ApiError 400 if a request is about an org tree or team that is not there."""
    if simulator.dialect.current.scope == "any":
        return
    trees = list(simulator.trees)
    if name := request.org_tree_name:
        trees = simulator.trees.named(name)
        if not trees:
            raise ApiError(400, f"Invalid orgTreeName: {name}")
    team = request.team_id
    if team and not any(tree.has(team) for tree in trees):
        raise ApiError(400, f"Invalid teamId: {team}")


def create(simulator: Simulator, wanted: Wanted) -> tuple[Export, bool]:
    """Return the export of a request, and whether it existed already."""
    now = time.time()
    known = simulator.exports.latest(wanted)
    if known and _given_again(simulator, known, now):
        simulator.exports.count_create(known)
        return known, True
    selector, fingerprint = wanted.request.selector, wanted.fingerprint
    store = simulator.exports
    scenario = simulator.scenarios.of(selector)
    style = simulator.dialect.current.export_id
    export = Export(
        id=scenario.export_id or store.unused_id(fingerprint, style),
        report=wanted.report,
        request=wanted.request,
        owner=wanted.owner,
        fingerprint=fingerprint,
        created_at=now,
        ordinal=store.next_ordinal(selector),
    )
    store.add(export)
    store.count_create(export)
    return export, False


def answer(simulator: Simulator, export: Export, *, existed: bool) -> ExportCreated:
    """Return what a create call tells about its export."""
    told = ExportCreated(
        export_id=export.id,
        created_at=lifecycle.timestamp(export.created_at),
        message="Using existing export with identical parameters"
        if existed
        else "Export created successfully",
    )
    if not export.report.detailed:
        return told
    scenario = simulator.scenarios.of(export.request.selector)
    now = time.time()
    # A new export is queued, however short its queue is.
    status = lifecycle.state(export, scenario, simulator.settings, now) if existed else "queued"
    return told.model_copy(
        update={
            "status": lifecycle.written(status, export, scenario),
            "created_by": export.created_by,
            "metadata": {"report": export.report.name, "format": "csv"},
        }
    )


def _given_again(simulator: Simulator, export: Export, now: float) -> bool:
    scenario = simulator.scenarios.of(export.request.selector)
    window = scenario.reuse_seconds
    if window is None:
        window = simulator.settings.reuse_seconds
    if now >= export.created_at + window:
        return False
    # The documentation does not rule out that a failed export is handed out again.
    failed = lifecycle.state(export, scenario, simulator.settings, now) == "failed"
    return not failed or simulator.dialect.current.reuse_failed == "yes"
