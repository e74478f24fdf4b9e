"""The API's document, and that every answer is one that it describes."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, override

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as sampling
from schemathesis import Case, GenerationMode
from schemathesis.openapi import from_asgi
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from local.simulator.control.seeding import Seeding, seed
from local.simulator.service.app import create_app
from local.simulator.world.dialect import Dialect
from local.simulator.world.settings import Settings
from local.simulator.world.spool import Order, Rendered, Spool
from local.simulator.world.state import Simulator
from tests.simulator.simulator_client import AUTHORIZED, INSIGHTS, KEY, PREFIX, PROJECT, REPORTS

NO_LIMIT = 1_000_000
OPERATIONS = [
    *(("POST", create) for create, _, _ in REPORTS.values()),
    *(("GET", path) for _, path, _ in REPORTS.values()),
    *(("GET", f"{path}/{{exportId}}") for _, path, _ in REPORTS.values()),
    *(("GET", f"{path}/{{exportId}}/download") for _, path, _ in REPORTS.values()),
    ("POST", f"{INSIGHTS}/teams/reports"),
    ("GET", f"{PREFIX}/v2/org-trees"),
    ("GET", f"{PREFIX}/v2/org-trees/{{id}}/teams"),
]

type AnyCase = Case[Any]

reproducible = sampling(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class _SmallFiles(Spool):
    """Makes files of two rows: the dates that generated requests have are ages apart."""

    @override
    def render(self, order: Order) -> Future[Rendered]:
        return super().render(replace(order, rows=2))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Start a simulator whose exports are complete at once, and whose limits nobody meets."""
    spool = _SmallFiles(Path(tmp_path_factory.mktemp("spool")))
    settings = Settings(
        KEY,
        0,
        0,
        rate_limit=NO_LIMIT,
        legacy_rate_limit=NO_LIMIT,
        # Generated names are in no tree.
        dialect=Dialect(scope="any"),
    )
    yield Simulator.start(settings, spool)
    spool.close()


@pytest.fixture(scope="module")
def app(simulator: Simulator) -> FastAPI:
    """Build the application that serves it, without a server under it."""
    return create_app(simulator, asyncio.sleep)


@pytest.fixture(scope="module")
def document(app: FastAPI) -> OpenApiSchema:
    """Read the application's document."""
    return from_asgi("/openapi.json", app)


def test_the_document_describes_the_api_only(app: FastAPI) -> None:
    document = app.openapi()
    described = [
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    ]
    assert sorted(described) == sorted(OPERATIONS)
    text = json.dumps(document)
    assert '"422"' not in text
    assert "HTTPValidationError" not in text
    assert '"default"' not in json.dumps([list(document["paths"][path]) for _, path in described])
    create = json.dumps(document["paths"][REPORTS["productivity"][0]])
    assert "ProductivityRequest" in create
    assert all(f'"{status}"' in create for status in (200, 202, 400, 401, 403, 409, 429))


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_to_generated_requests_are_documented(
    document: OpenApiSchema, method: str, path: str, mode: GenerationMode
) -> None:
    seen: Counter[int] = Counter()

    @given(case=document[path][method].as_strategy(generation_mode=mode))
    @reproducible
    def check(case: AnyCase) -> None:
        response = case.call(headers=AUTHORIZED)
        seen[response.status_code] += 1
        # No schema says that a range of dates ends after its start.
        case.validate_response(
            response, headers=AUTHORIZED, excluded_checks=[positive_data_acceptance]
        )

    check()
    if mode is GenerationMode.NEGATIVE:
        assert seen[400] > 0
    elif "{" not in path:
        assert seen[200] + seen[202] > 0


@pytest.mark.parametrize("tail", ["", "/download"])
@pytest.mark.parametrize("report", REPORTS)
def test_answers_about_an_export_that_exists_are_documented(
    simulator: Simulator, document: OpenApiSchema, report: str, tail: str
) -> None:
    org, project = PROJECT.values()
    fields = {"report": report, "count": 1, "org": org, "project": project, "teamId": "1"}
    existing = seed(simulator, Seeding.model_validate(fields))[0].id
    operation = document[f"{REPORTS[report][1]}/{{exportId}}{tail}"]["GET"]

    @given(case=operation.as_strategy())
    @reproducible
    def check(case: AnyCase) -> None:
        case.path_parameters["exportId"] = existing
        case.query.update(PROJECT)
        response = case.call_and_validate(headers=AUTHORIZED)
        assert response.status_code == 200

    check()
