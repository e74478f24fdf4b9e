"""What the create call of any report comes down to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from local.simulator.models import Strict
from local.simulator.reports.dates import DateRange
from local.simulator.reports.scopes import Scope, TeamOrTreeScope
from local.simulator.reports.table import Table


@dataclass(frozen=True)
class ExportRequest:
    """A checked request: its body as sent, its meaning, and the table it asks for.

    Two requests are identical if their `canonical` texts are equal. `selector` is the name under
    which a scenario is set for this request's exports.
    """

    body: dict[str, JsonValue]
    canonical: str
    selector: str
    org_tree_name: str | None
    team_id: str | None
    table: Table
    filename: str
    wants_gzip: bool = False


class TeamBody(Strict):
    """What the create calls of all team reports have in common."""

    scope: TeamOrTreeScope
    date_range: DateRange


def export_request(
    body: Strict, scope: Scope, meant: Mapping[str, object], table: Table, filename: str
) -> ExportRequest:
    """Return a checked request.

    Args:
        body: as it was sent.
        scope: the body's own.
        meant: what the body asks for, equal for bodies that ask for the same.
        table: the CSV it asks for.
        filename: of the CSV, without extension.
    """
    checked = body.model_dump(mode="json")
    where = {name: checked[name] for name in ("scope", "date_range")}
    return ExportRequest(
        body=body.model_dump(mode="json", by_alias=True, exclude_unset=True),
        canonical=json.dumps({**meant, **where}, sort_keys=True),
        selector=scope.team_id or scope.org_tree_name or "",
        org_tree_name=scope.org_tree_name,
        team_id=scope.team_id,
        table=table,
        filename=f"{filename}-{table.start.year}.csv",
    )
