"""What a batch takes from the stack."""

from dataclasses import dataclass

from sei_export.input.parameter import Parameter
from sei_export.request.defaults import RequestDefaults


@dataclass(frozen=True, slots=True)
class BatchDefaults:
    """The stack's settings for batches.

    Attributes:
        of_requests: The settings for its requests.
        plan: What an empty input runs: the parameter BatchPlan, {} for the default request alone.
        max_concurrency: How many exports run at a time.
    """

    of_requests: RequestDefaults
    plan: Parameter
    max_concurrency: int
