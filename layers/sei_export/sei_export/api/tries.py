"""The tries of one call within one deadline: what is tried again, and after how long.

Short, with jitter, and obeying Retry-After; what lasts longer is the state machine's to try again,
which an error tells how long the API wants it to wait.
"""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count

import requests

from sei_export.api.faults import ASK_HARNESS, FAULTS, failure_of
from sei_export.clock import Clock, Deadline
from sei_export.errors import (
    PassingError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""Tries of one call, the first included. One more follows a 401 or 403, with a fresh key."""

_PASSING = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
)

FIRST_WAIT_SECONDS = 1.0


@contextmanager
def tried(
    send: Callable[[], requests.Response], name: str, deadline: Deadline, tries: int = ATTEMPTS
) -> Iterator[requests.Response]:
    """Send until an answer is one that will not pass by itself.

    Args:
        send: Sends the request.
        name: The call's name, for messages and the log.
        deadline: No wait goes past it.
        tries: How many at most.

    Raises:
        RateLimitedError: 429 to the last try.
        ServiceUnavailableError: 5xx, 408, 425 or no connection to the last try.
        ProtocolError: The request cannot be sent, or the answer is no HTTP.
    """
    for attempt in count(1):
        failure: SeiExportError
        stated: float | None = None
        try:
            response = send()
        except FAULTS as fault:
            # The chain is cut: requests' messages carry whole URLs, signatures included.
            failure = failure_of(fault, name)
        else:
            with response:
                status = response.status_code
                if not _passes(status):
                    yield response
                    return
                stated = _stated(response.headers.get("retry-after"), deadline.clock)
                told = f"{name} answered {status} at try {attempt} of {tries}."
                failure = _refused(status, told, stated)
        wait = _wait(attempt, stated, deadline.clock)
        is_last = attempt == tries or not isinstance(failure, PassingError)
        if is_last or wait >= deadline.left():
            raise failure from None
        logger.warning("%s Next try in %.1f s.", failure.message, wait)
        deadline.sleep(wait)


def _passes(status: int) -> bool:
    """Tell whether an answer is about the moment: the same request may be taken at the next."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING


def _refused(status: int, message: str, stated: float | None) -> PassingError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError(message, retry_after=stated)
    return ServiceUnavailableError(message, remedy=ASK_HARNESS, retry_after=stated)


def _wait(attempt: int, stated: float | None, clock: Clock) -> float:
    """Seconds until the next try: what the server says, else exponential with jitter."""
    if stated is not None:
        return stated
    ceiling = FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1)
    # Half fixed, half chance: a 429 without Retry-After needs some distance in any case.
    return ceiling * (1 + clock.chance()) / 2


def _stated(retry_after: str | None, clock: Clock) -> float | None:
    """Read the seconds to wait, 0 or more; None if the server does not say."""
    seconds = _seconds(retry_after, clock.now()) if retry_after else None
    return None if seconds is None else max(seconds, 0.0)


def _seconds(retry_after: str, now: datetime) -> float | None:
    """Retry-After in seconds from now: a number or an HTTP date; None for anything else."""
    try:
        seconds = float(retry_after)
    except ValueError:
        pass
    else:
        return seconds if math.isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
