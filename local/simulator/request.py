"""What the create call of any report comes down to."""

from dataclasses import dataclass

from pydantic import JsonValue

from local.simulator.table import Table


@dataclass(frozen=True)
class ExportRequest:
    """A checked request: its body as sent, its meaning, and the table it asks for.

    Two requests are identical if their `canonical` texts are equal.
    """

    body: dict[str, JsonValue]
    canonical: str
    table: Table

    @property
    def selector(self) -> str:
        """The name under which a scenario is set for this request's exports."""
        return self.table.team_id or self.table.org_tree
