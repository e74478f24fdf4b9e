"""The bodies that the API answers with, and the query parameters that it takes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from local.simulator.dates import PlainDate
from local.simulator.exports import Project
from local.simulator.models import Answer


class ExportCreated(Answer):
    """The export that a create call made or found."""

    export_id: str
    created_at: str
    message: str


class Download(Answer):
    """Where the file is."""

    url: str
    filename: str
    content_type: str


class ExportStatus(Answer):
    """Where an export stands; absent fields are left out."""

    export_id: str
    status: str
    created_at: str
    created_by: str
    completed_at: str | None = None
    error: str | None = None
    download: Download | None = None
    download_url: str | None = None


class ExportPage(Answer):
    """One page of a project's exports."""

    content: list[ExportStatus]


class ProjectQuery(BaseModel):
    """The two parameters that every call needs."""

    model_config = ConfigDict(alias_generator=to_camel)

    org_identifier: str
    project_identifier: str

    @property
    def owner(self) -> Project:
        """The organisation and project that are meant."""
        return Project(self.org_identifier, self.project_identifier)


class ListQuery(ProjectQuery):
    """Which exports to list, and in which order; the dates are days of creation, inclusive.

    Each `scope` lists the same, as the simulator has one user.
    """

    status: str | None = None
    scope: Literal["all", "default", "mine"] = "default"
    team_id: str | None = None
    created_by: str | None = None
    date_from: PlainDate | None = None
    date_to: PlainDate | None = None
    limit: int = Field(default=50, ge=1, le=100)
    page: int = Field(default=0, ge=0)
    sort_by: Literal["createdAt", "completedAt", "status"] = "createdAt"
    sort_order: Literal["asc", "desc"] = "desc"
