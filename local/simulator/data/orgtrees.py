"""The org trees and their teams: the usual ones, or what a test puts in their place."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from local.simulator.models import Strict


class Team(Strict):
    """A team as a test gives it; without `leaf`, it is one if it has no children."""

    ref_id: int
    name: str
    leaf: bool | None = None
    children: tuple["Team", ...] = ()

    def nested(self) -> dict[str, JsonValue]:
        """Return the team with all teams under it."""
        return {
            "refId": self.ref_id,
            "name": self.name,
            "leaf": not self.children if self.leaf is None else self.leaf,
            "children": [child.nested() for child in self.children],
        }

    def flat(self) -> Iterator[dict[str, JsonValue]]:
        """Yield the team and all teams under it."""
        yield {"refId": self.ref_id, "name": self.name}
        for child in self.children:
            yield from child.flat()


class OrgTree(Strict):
    """A tree of teams."""

    id: int
    name: str
    root: Team

    def has(self, team_id: str) -> bool:
        """Whether a team of this id is in it."""
        return any(str(team["refId"]) == team_id for team in self.root.flat())


def _team(ref_id: int, name: str, *children: Team) -> Team:
    return Team.model_validate({"refId": ref_id, "name": name, "children": children})


_USUAL = (
    OrgTree(
        id=1001,
        name="Engineering",
        root=_team(
            203758,
            "Engineering",
            _team(
                203759,
                "Platform",
                _team(203760, "Payments, Billing"),
                _team(203761, 'The "A" Team'),
                _team(203762, "モバイル"),
            ),
            _team(
                203763,
                "Product",
                _team(203764, "Данные"),
                _team(203765, "Café Infra"),
                _team(203766, "결제"),
            ),
            _team(
                203767,
                "Operations / SRE",
                _team(203768, "On-Call"),
                _team(456, "Observability"),  # Harness's own examples name this id
            ),
        ),
    ),
    OrgTree(
        id=1002,
        name='Sales & "Success", EMEA',
        root=_team(204001, "Sales", _team(204002, "Solutions")),
    ),
)


class OrgTrees:
    """The trees in force."""

    def __init__(self) -> None:
        self._trees: Sequence[OrgTree] = _USUAL

    def __iter__(self) -> Iterator[OrgTree]:
        return iter(self._trees)

    def find(self, tree_id: int) -> OrgTree | None:
        """Return the tree of this id."""
        return next((tree for tree in self._trees if tree.id == tree_id), None)

    def named(self, name: str) -> "list[OrgTree]":
        """Return the trees of this name."""
        return [tree for tree in self._trees if tree.name == name]

    def replace(self, trees: Sequence[OrgTree]) -> None:
        """Have other trees."""
        self._trees = trees

    def reset(self) -> None:
        """Have the usual trees again."""
        self._trees = _USUAL
