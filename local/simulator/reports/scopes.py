"""The two kinds of scope that create calls take."""

from typing import Protocol, Self

from pydantic import ConfigDict, Field, model_validator

from local.simulator.models import Strict


class Scope(Protocol):
    """Whose figures a report holds."""

    @property
    def org_tree_name(self) -> str | None:
        """The org tree, if one is named."""

    @property
    def team_id(self) -> str | None:
        """The team, if one is named."""


class TreeScope(Strict):
    """An org tree, or one team of it with its child teams."""

    org_tree_name: str = Field(min_length=1)
    team_id: str | None = Field(default=None, min_length=1)


class TeamOrTreeScope(Strict):
    """Either a team with its child teams, or an org tree of an organization (and project)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["teamId"]},
                {"required": ["orgTreeName", "orgIdentifier"]},
            ]
        }
    )

    team_id: str | None = Field(default=None, min_length=1)
    org_tree_name: str | None = Field(default=None, min_length=1)
    org_identifier: str | None = Field(default=None, min_length=1)
    project_identifier: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.team_id and self.org_tree_name:
            raise ValueError("teamId and orgTreeName exclude each other")
        if not self.team_id and not self.org_tree_name:
            raise ValueError("teamId or orgTreeName is required")
        if self.org_tree_name and not self.org_identifier:
            raise ValueError("orgTreeName requires orgIdentifier")
        if self.team_id and (self.org_identifier or self.project_identifier):
            raise ValueError("orgIdentifier and projectIdentifier go with orgTreeName only")
        return self
