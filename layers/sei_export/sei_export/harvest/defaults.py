"""What a harvest takes from the stack."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class HarvestDefaults:
    """The stack's settings for harvests.

    Attributes:
        org_identifier: The Harness organization.
        project_identifier: The Harness project.
        export_time: How long an execution may take from an export's creation to its landing.
    """

    org_identifier: str
    project_identifier: str
    export_time: timedelta
