"""Figures for the cells of a CSV, by the name of their column."""

import random
import re

_RATINGS = ("Elite", "High", "Medium", "Low", "—")
_NO_AVERAGE = 0.05
_AVERAGE = re.compile(r"_AVG$|^AVG_|^(MTTR|LTTC)_|\(|^(Time|Average|Number) ")
_PERCENT = re.compile(r"PERCENT|^Change Failure Rate|^CFR_")


def figure(dice: random.Random, column: str) -> str:
    """Return one cell's text; a column's name tells what it counts."""
    if column.endswith((" Rating", "_RATING")):
        return dice.choice(_RATINGS)
    if _PERCENT.search(column):
        return f"{dice.uniform(0, 100):.1f}"
    if _AVERAGE.search(column):
        # No pull requests, no average: such a cell is empty.
        return f"{dice.uniform(0, 20):.2f}" if dice.random() > _NO_AVERAGE else ""
    return str(dice.randrange(5000 if column.startswith("LOC_") else 40))
