"""An API on a loopback port that knows org trees."""

from dataclasses import dataclass, field

from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.timing import KEY, FakeClock, FakeKey

PREFIX = "/prod1/sei/api"

LIST_CALLS = ["/v2/org-trees"] * 2
"""What the list takes: this API ignores the page, and a page with nothing new is the end."""

TREE_CALLS = [*LIST_CALLS, "/v2/org-trees/1/teams"]
"""What one tree takes."""

FLAT: JsonValue = [
    {"refId": 1, "name": "Engineering"},
    {"refId": 2, "name": "Platform"},
    {"refId": 3, "name": "Payments"},
]


@dataclass
class TreeApi:
    """An API on a loopback port that knows org trees, and nothing else.

    Attributes:
        trees: By name, what it answers about the teams; bytes are a whole answer.
        refusal: What it answers instead of everything.
        server: Where it is.
    """

    trees: dict[str, JsonValue | bytes] = field(
        default_factory=lambda: {"Engineering": ENGINEERING}
    )
    refusal: Answer | None = None

    def __post_init__(self) -> None:
        self.server = Loopback(self._answer)

    def connect(self, asked: InProject) -> SeiClient:
        """A real client of the server."""
        return client(self.server.origin, KEY, asked)

    @property
    def calls(self) -> list[str]:
        """What was asked for, without the prefix, with everything that is not a GET marked."""
        return [
            ("" if it.method == "GET" else f"{it.method} ") + it.path.removeprefix(PREFIX)
            for it in self.server.received
        ]

    def _answer(self, received: Received) -> Answer:
        if self.refusal:
            return self.refusal
        path = received.path.removeprefix(f"{PREFIX}/v2/org-trees")
        if path == "":
            return reply(200, [{"id": at, "name": name} for at, name in enumerate(self.trees, 1)])
        number = int(path.removeprefix("/").removesuffix("/teams"))
        teams = [*self.trees.values()][number - 1]
        return teams if isinstance(teams, bytes) else reply(200, teams)


def client(origin: str, key: str, asked: InProject) -> SeiClient:
    """A real client of a server, for a project."""
    base = BaseUrl.parse(f"{origin}{PREFIX}/")
    http = HttpClient(base, FakeKey([key]), FakeClock().deadline(100))
    return SeiClient(http, base, asked.org, asked.project)


def wide_tree(count: int, name: str = "Team", tree: str = "Engineering") -> JsonObject:
    """A root with so many leaves."""
    teams: list[JsonValue] = [{"refId": 10_000 + at, "name": f"{name} {at}"} for at in range(count)]
    return {"refId": 1, "name": tree, "children": teams}
