"""The tries of one call within one deadline: what is tried again, and after how long.

Short, with jitter, and obeying Retry-After; what lasts longer is the state machine's to try again.
"""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests

from sei_export.api.bodies import ASK_HARNESS
from sei_export.clock import Clock, Deadline
from sei_export.errors import RateLimitedError, SeiExportError, ServiceUnavailableError

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""Tries of one call, the first included. One more follows a 401, with a fresh key."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 8.0


@contextmanager
def tried(
    send: Callable[[], requests.Response], name: str, deadline: Deadline, tries: int = ATTEMPTS
) -> Iterator[requests.Response]:
    """Send until an answer is neither 429 nor 5xx.

    Args:
        send: Sends the request.
        name: The call's name, for messages and the log.
        deadline: No wait goes past it.
        tries: How many at most.

    Raises:
        RateLimitedError: 429 to the last try.
        ServiceUnavailableError: 5xx or no connection to the last try.
    """
    for attempt in range(1, tries + 1):
        failure: SeiExportError
        retry_after: str | None = None
        try:
            response = send()
        except requests.RequestException as error:
            # The chain is cut: requests' messages carry whole URLs, signatures included.
            failure = ServiceUnavailableError(
                f"{name} failed: {_reason(error)}.", remedy=ASK_HARNESS
            )
        else:
            with response:
                status = response.status_code
                if status != HTTPStatus.TOO_MANY_REQUESTS and status < 500:  # noqa: PLR2004 - 5xx
                    yield response
                    return
                retry_after = response.headers.get("retry-after")
                failure = _refused(status, f"{name} answered {status} at try {attempt} of {tries}.")
        wait = _wait(attempt, retry_after, deadline.clock)
        if attempt == tries or wait >= deadline.left():
            raise failure from None
        logger.warning("%s Next try in %.1f s.", failure.message, wait)
        deadline.sleep(wait)


def _refused(status: int, message: str) -> SeiExportError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError(message)
    return ServiceUnavailableError(message, remedy=ASK_HARNESS)


def _wait(attempt: int, retry_after: str | None, clock: Clock) -> float:
    """Seconds until the next try: what the server says, else exponential with jitter."""
    stated = _seconds(retry_after, clock.now()) if retry_after else None
    if stated is not None:
        return max(stated, 0.0)
    ceiling = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
    # Half fixed, half chance: a 429 without Retry-After needs some distance in any case.
    return ceiling * (1 + clock.chance()) / 2


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


def _reason(error: requests.RequestException) -> str:
    """The innermost cause's class, which tells refused from reset from timed out."""
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    names = dict.fromkeys((type(error).__name__, type(cause).__name__))
    return " / ".join(names)
