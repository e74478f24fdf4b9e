"""Reading what only the state machine knows of a run: the execution, its start, its counts."""

from datetime import datetime
from typing import NamedTuple

from sei_export.input.payload import count_field, optional_text, text_field, time_field
from sei_export.jsontypes import JsonObject, JsonValue, read_seconds


class ExportRun(NamedTuple):
    """The run of one export, as the state machine knows it.

    Attributes:
        execution_arn: The execution.
        polls: How often the status was asked for.
        attempts: How often the export was created.
        batch: The run that the export is part of, by its folder's name; None outside a batch.
        item: The id of its item there; None outside a batch.
        took_seconds: From the create call until it was seen to be completed, by the state
            machine's clock; None if nobody measured.
    """

    execution_arn: str
    polls: int
    attempts: int
    batch: str | None = None
    item: str | None = None
    took_seconds: float | None = None

    @classmethod
    def read(cls, payload: JsonObject) -> "ExportRun":
        """Read the run of DownloadExport's payload.

        Raises:
            InvalidRequestError: A field is missing, as when a function is invoked by hand.
        """
        return cls(
            execution_arn=text_field(payload, "executionArn"),
            polls=count_field(payload, "polls"),
            attempts=count_field(payload, "attempts"),
            batch=optional_text(payload, "run"),
            item=optional_text(payload, "item"),
            took_seconds=_seconds(payload.get("tookSeconds")),
        )

    @classmethod
    def of_one_call(cls, payload: JsonObject) -> "ExportRun":
        """Read the run of FetchReport's payload: a legacy report is one call, without polls.

        Raises:
            InvalidRequestError: A field is missing, as when a function is invoked by hand.
        """
        return cls.read({**payload, "polls": 0, "attempts": 1})


class BatchRun(NamedTuple):
    """The run of one batch, as the state machine knows it.

    Attributes:
        name: The name of the run's folder.
        execution_arn: The execution.
        started_at: The execution's start, the anchor of relative dates without a nominal time.
    """

    name: str
    execution_arn: str
    started_at: datetime

    @classmethod
    def read(cls, payload: JsonObject) -> "BatchRun":
        """Read the run of PlanBatch's payload.

        Raises:
            InvalidRequestError: A field is missing, as when a function is invoked by hand.
        """
        return cls(
            name=text_field(payload, "run"),
            execution_arn=text_field(payload, "executionArn"),
            started_at=time_field(payload, "startedAt"),
        )


def _seconds(given: JsonValue) -> float | None:
    try:
        return read_seconds(given)
    except TypeError:
        return None
