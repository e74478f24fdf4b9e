"""What a request takes from the stack where its input is silent."""

from dataclasses import dataclass

from sei_export.input.parameter import Parameter


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """The stack's settings for requests.

    Attributes:
        org_identifier: The Harness organization.
        project_identifier: The Harness project.
        org_tree_name: The org tree; empty if the stack names none.
        timezone: Of relative dates, by its IANA name.
        default_request: What an empty input runs: the parameter DefaultRequest.
    """

    org_identifier: str
    project_identifier: str
    org_tree_name: str
    timezone: str
    default_request: Parameter


NO_DEFAULTS = RequestDefaults(
    org_identifier="",
    project_identifier="",
    org_tree_name="",
    timezone="UTC",
    default_request=Parameter("DefaultRequest", "{}"),
)
"""For a request that says all by itself."""
