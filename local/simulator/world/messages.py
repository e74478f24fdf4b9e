"""The bodies that the API answers with, and the query parameters that it takes."""

from typing import Literal

from pydantic import ConfigDict, Field

from local.simulator.models import Answer, Strict
from local.simulator.reports.dates import PlainDate
from local.simulator.world.exports import Project


class ExportCreated(Answer):
    """The export that a create call made or found; some reports tell no more than three fields."""

    export_id: str
    created_at: str
    message: str
    status: str | None = None
    created_by: str | None = None
    metadata: dict[str, str] | None = None


class Download(Answer):
    """Where the file is; some reports tell more about it."""

    url: str
    filename: str
    content_type: str
    size_bytes: int | None = None
    compression: Literal["gzip"] | None = None


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


class Page[Item](Answer):
    """One page of a list, in the one field that the dialect names; `total` only if asked for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    exports: list[Item] | None = None
    content: list[Item] | None = None
    items: list[Item] | None = None
    data: list[Item] | None = None
    total: int | None = None


class ProjectQuery(Strict):
    """The two parameters that every call needs."""

    org_identifier: str = Field(min_length=1)
    project_identifier: str = Field(min_length=1)

    @property
    def owner(self) -> Project:
        """The organisation and project that are meant."""
        return Project(self.org_identifier, self.project_identifier)


class ListQuery(ProjectQuery):
    """Which exports to list, and in which order; the dates are days of creation, inclusive.

    The scope `mine` means those that create calls made; the other two mean all.
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
