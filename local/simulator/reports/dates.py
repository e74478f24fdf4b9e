"""Dates and ranges of dates, as the API takes them."""

import re
from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator

from local.simulator.models import Strict


def _plain(value: object) -> object:
    # Pydantic would also take a time stamp or a number of seconds for a date.
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("must be a date as yyyy-MM-dd")
    return value


PlainDate = Annotated[date, BeforeValidator(_plain)]


class DateRange(Strict):
    """Both days are included."""

    start: PlainDate
    end: PlainDate

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start > self.end:
            raise ValueError("start is after end")
        return self
