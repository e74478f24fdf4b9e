"""Which columns of figures a request asks for."""

from collections.abc import Collection, Mapping


def chosen(
    by_group: Mapping[str, tuple[str, ...]], groups: Collection[str], metrics: Collection[str]
) -> tuple[str, ...]:
    """Return the columns of these groups and of these metrics; all, if both are empty.

    Args:
        by_group: every column, in the order of the CSV; groups may share columns.
        groups: names of groups.
        metrics: names of columns, in any case; unknown ones have no effect.
    """
    names = {metric.upper() for metric in metrics}
    everything = not groups and not names
    found = dict.fromkeys(
        column
        for group, columns in by_group.items()
        for column in columns
        if everything or group in groups or column.upper() in names
    )
    return tuple(found)
