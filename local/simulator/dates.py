"""Dates as the API writes them."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator


def _plain(value: object) -> object:
    # Pydantic would also take a time stamp or a number of seconds for a date.
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("must be a date as yyyy-MM-dd")
    return value


PlainDate = Annotated[date, BeforeValidator(_plain)]
