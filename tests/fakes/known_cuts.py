"""What batches of 15 March 2026 know of teams that are too large."""

from datetime import date, timedelta

from sei_export.batch.cuts import Cut, TooLarge

TODAY = date(2026, 3, 15)


def ago(days: int = 0, why: str = "Too slow.") -> TooLarge:
    """A team that was found to be too large so many days ago, and not tried since."""
    then = TODAY - timedelta(days)
    return TooLarge(then, then, why)


def known(**days: int) -> Cut:
    """Teams by `t` and their id, each with how many days ago it was found to be too large."""
    return Cut({name.removeprefix("t"): ago(count) for name, count in days.items()})
