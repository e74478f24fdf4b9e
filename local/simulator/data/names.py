"""Names of developers and teams, with what breaks careless readers of CSV files.

Commas, double quotes and line breaks need quoting; the letters are of many scripts.
"""

_DEVELOPERS = (
    "O'Neill, Siobhán",
    'Dwayne "The Rock" Johnson',
    "Grace\nHopper",
    "山田 太郎",
    "Анна Каренина",
    "José Ángel Núñez",
    "Zoë Müller-Lüdenscheidt",
    "김민준",
    "محمد عبد الله",
    "אורי לוי",
    "Łukasz Żółć",
    "प्रिया शर्मा",
    'Smith, "Bob",\nJr.',
    "Nguyễn Thị Hằng",
    "李小龙 🐉",
    "Ada Lovelace",
)
_TEAMS = (
    "Platform",
    "Payments, Billing",
    'The "A" Team',
    "モバイル",
    "Данные",
    "Café\nInfra",
)
_FIRST_TEAM_ID = 203758


def developer(index: int) -> tuple[str, str]:
    """Return the name and email of one developer; both differ for each index."""
    turn, place = divmod(index, len(_DEVELOPERS))
    name = _DEVELOPERS[place]
    return (f"{name} {turn + 1}" if turn else name), f"dev{index + 1}@example.com"


def team(index: int, root: str | None) -> tuple[str, str]:
    """Return the id and name of one team: the scope's own first, then its child teams.

    Args:
        index: which team, from 0.
        root: the scope's teamId, if it has one.
    """
    turn, place = divmod(index, len(_TEAMS))
    name = _TEAMS[place]
    team_id = root if root and not index else str(_FIRST_TEAM_ID + index)
    return team_id, (f"{name} {turn + 1}" if turn else name)
