"""Org trees for tests: in the API's forms, and hypothesis strategies for any of them."""

from collections.abc import Iterator

from hypothesis import strategies as st

from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, Row, Team, grow

ENGINEERING: JsonObject = {
    "refId": 1,
    "name": "Engineering",
    "leaf": False,
    "children": [
        {
            "refId": 2,
            "name": "Platform",
            "leaf": False,
            "children": [
                {"refId": 3, "name": "Payments, Billing", "leaf": True, "children": []},
                {"refId": 4, "name": "Mobile", "leaf": True, "children": []},
            ],
        },
        {
            "refId": 5,
            "name": "Product",
            "leaf": False,
            "children": [{"refId": 6, "name": "Mobile", "leaf": True, "children": []}],
        },
        {"refId": 7, "name": "Solo", "leaf": True, "children": []},
    ],
}
"""A tree whose teams are, by depth: 1; 2, 5, 7; 3, 4, 6. Two teams are called Mobile."""


def row_tree(rows: list[Row], name: str = "Engineering") -> OrgTree:
    """A tree of rows."""
    return OrgTree(name, grow(rows))


def chain(length: int) -> list[Row]:
    """Teams each inside the one before."""
    return [(depth, str(depth + 1), f"Team {depth + 1}") for depth in range(length)]


def nested(team: Team) -> JsonObject:
    """The API's nested form, for trees that Python can recurse into."""
    children: list[JsonValue] = [nested(child) for child in team.children]
    return {
        "refId": int(team.id),
        "name": team.name,
        "leaf": not children,
        "children": children,
    }


def leaves_of(team: Team) -> Iterator[Team]:
    """The teams inside a team that contain none, in order; itself if it contains none."""
    waiting = [team]
    while waiting:
        found = waiting.pop()
        waiting += reversed(found.children)
        if not found.children:
            yield found


@st.composite
def trees(draw: st.DrawFn, *, most: int = 24) -> OrgTree:
    """Any tree; ids are in no order, and every team's name is its own."""
    steps = draw(st.lists(st.integers(0, 10**6), max_size=most - 1))
    depths = [0]
    for step in steps:
        # Rather deep than wide: the next team is inside the last, or in one around it.
        depths.append(1 + step % (depths[-1] + 1))
    ids = draw(st.permutations(range(100, 100 + len(depths))))
    return row_tree([(depth, str(i), f"Team {i}") for depth, i in zip(depths, ids, strict=True)])


def some_ids(tree: OrgTree) -> st.SearchStrategy[set[str]]:
    """Ids of some of a tree's teams."""
    return st.sets(st.sampled_from([team.id for team in tree.teams()]))


@st.composite
def antichains(draw: st.DrawFn, tree: OrgTree) -> list[Team]:
    """Some teams, none of them inside another, in any order."""
    cut = draw(st.permutations([*tree.split([tree.root], draw(some_ids(tree)))]))
    return [*cut[: draw(st.integers(1, len(cut)))]]
