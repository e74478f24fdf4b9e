"""The routes of org trees and their teams."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from local.simulator.errors import ApiError
from local.simulator.models import Answer
from local.simulator.routes.exports import KEY
from local.simulator.routes.gate import GatedRoute
from local.simulator.routes.listing import shaped
from local.simulator.routes.responses import ERRORS, NOT_FOUND
from local.simulator.world.messages import Page, ProjectQuery
from local.simulator.world.settings import PREFIX
from local.simulator.world.state import simulator_of


class TreeEntry(Answer):
    """One org tree."""

    id: int
    name: str


class TeamNode(Answer):
    """A team and the teams under it."""

    ref_id: int
    name: str
    leaf: bool
    children: list["TeamNode"]


class TeamEntry(Answer):
    """A team, in the flat form of a tree."""

    ref_id: int
    name: str


class TreesQuery(ProjectQuery):
    """Which page of the trees."""

    page_index: int = Field(default=0, ge=0)
    page_size: int = Field(default=50, ge=1, le=100)


class TeamsQuery(ProjectQuery):
    """The API's one parameter in snake case changes nothing here."""

    there_is_no_cache: bool = Field(default=False, alias="there_is_no_cache")


def org_tree_router() -> APIRouter:
    """Return the calls about org trees."""
    router = APIRouter(
        prefix=f"{PREFIX}/v2/org-trees",
        route_class=GatedRoute,
        tags=["org-trees"],
        responses=ERRORS,
        dependencies=[KEY],
    )

    @router.get("", name="trees", response_model=Page[TreeEntry] | list[TreeEntry])
    async def trees(request: Request, query: Annotated[TreesQuery, Query()]) -> Response:
        """List the org trees."""
        simulator = simulator_of(request)
        first = query.page_index * query.page_size
        entries = [
            TreeEntry(id=tree.id, name=tree.name)
            for tree in list(simulator.trees)[first : first + query.page_size]
        ]
        return JSONResponse(shaped(entries, simulator.dialect.current.trees_shape))

    @router.get(
        "/{id}/teams",
        name="teams",
        response_model=TeamNode | list[TeamEntry],
        responses=NOT_FOUND,
    )
    async def teams(
        request: Request,
        tree_id: Annotated[int, Path(alias="id", examples=[1001])],
        _: Annotated[TeamsQuery, Query()],
    ) -> Response:
        """Tell a tree's teams, nested or as a flat list."""
        simulator = simulator_of(request)
        tree = simulator.trees.find(tree_id)
        if tree is None:
            raise ApiError(404, f"Org tree not found: {tree_id}")
        nested = simulator.dialect.current.teams == "nested"
        return JSONResponse(tree.root.nested() if nested else list(tree.root.flat()))

    return router
