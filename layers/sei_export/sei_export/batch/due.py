"""Which items the next round runs, and how long is waited for them.

For half an hour the API answers an identical request with the same export, also a damaged one: a
try within it is in vain. So what is not due yet stays for a later round as long as anything else
is to be done.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from sei_export import dates
from sei_export.batch.item import Item

LONGEST_SECONDS = 1860
"""The window, and a minute for clocks that differ; what the bucket has may say anything."""

_TOGETHER_SECONDS = 600
"""What becomes due so soon after the first one is waited for: rounds are few."""

_LAST_ROUNDS = 3
"""With so few left all are waited for."""


def next_round(
    following: Sequence[Item], now: datetime, rounds_left: int
) -> tuple[tuple[Item, ...], int]:
    """Choose what the next round runs.

    Args:
        following: What there is to do.
        now: The clock.
        rounds_left: How many rounds the batch may still have, the next one included.

    Returns:
        The items; and for how many seconds is to be waited before.
    """
    if not following:
        return (), 0
    waits = {item.id: _seconds_until(item.not_before, now) for item in following}
    first = min(waits.values())
    longest = first + _TOGETHER_SECONDS if first else 0
    if rounds_left <= _LAST_ROUNDS:
        longest = LONGEST_SECONDS
    chosen = tuple(item for item in following if waits[item.id] <= longest)
    return chosen, max(waits[item.id] for item in chosen)


def _seconds_until(moment: str | None, now: datetime) -> int:
    if moment is None:
        return 0
    try:
        seconds = (dates.parse_moment(moment) - now.astimezone(UTC)).total_seconds()
    except ValueError:
        return 0
    return min(max(0, math.ceil(seconds)), LONGEST_SECONDS)
