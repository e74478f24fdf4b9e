"""`make live`, whole, over HTTP against the simulator in several dialects."""

import re
from pathlib import Path

from tests.live.asked import LEAF, ORG, PROJECT, asked, dialect
from tests.simulator.simulator_client import Client, Json


def test_given_the_usual_dialect_then_each_question_has_its_answer(
    client: Client, tmp_path: Path
) -> None:
    found = asked(client.port, tmp_path)
    assert {name: answer for name, (answer, _) in found.items()} == {
        "level-name": "aggregationLevel gives team columns",
        "unknown-option": "400",
        "no-team": "400",
        "empty-file": "rows",
        "reuse": "200 and the same export",
        "failed-reuse": "open",
        "conflict": "open",
        "export-id": "exp_…",
        "status-word": found["status-word"][0],
        "link-place": "download.url, downloadUrl, none",
        "link-form": "a path",
        "file-form": "gzip",
        "file-type": "text/csv",
        "file-encoding": "absent",
        "file-end": "length",
        "file-etag": "absent",
        "file-ranges": "the whole file",
        "size-bytes": "absent, another",
        "columns": found["columns"][0],
        "trees-list": "content",
        "trees-id": "integer",
        "teams-form": "nested",
        "teams-id": "integer",
        "list-form": "content",
        "list-order": "not to be seen",
        "list-limit": "not to be seen",
        "list-beyond": "400",
        "list-unknown": "400",
        "error-field": "message",
        "no-export": "404",
        "no-tree": "404",
        "key-header": "Authorization",
        "without-v2": "404",
        "retry-after": "not asked",
        "legacy-team": "open",
    }
    # Instant exports show no more; sprint has every second word in capitals.
    assert set(found["status-word"][0].split(", ")) <= {
        "completed in lower case",
        "completed in upper case",
        "completed in mixed case",
    }
    assert "completed in upper case" in found["status-word"][0]
    assert re.fullmatch(r"\d+ columns", found["columns"][0])
    # Of the simulator's answers, one alone is not among those that are taken: it has data always.
    assert [name for name, (_, taken) in found.items() if taken.startswith("**no")] == [
        "empty-file"
    ]


def test_given_another_dialect_then_the_report_says_so(client: Client, tmp_path: Path) -> None:
    dialect(
        client,
        list_shape="array",
        trees_shape="data",
        teams="flat",
        error_shape="error",
        compression="never",
        export_id="base36",
        level="metricLevel",
    )
    found = asked(client.port, tmp_path)
    told = {name: answer for name, (answer, _) in found.items()}
    assert (
        told
        | {
            "list-form": "array",
            "trees-list": "data",
            "teams-form": "flat",
            "error-field": "error",
            "file-form": "plain",
            "export-id": "another",
        }
        == told
    )
    assert found["level-name"] == (
        "aggregationLevel is refused as unknown, metricLevel gives team columns",
        "yes",
    )


def test_given_a_server_that_takes_all_then_the_report_says_so(
    client: Client, tmp_path: Path
) -> None:
    dialect(client, scope="any", unknown="ignored", level="metricLevel")
    found = asked(client.port, tmp_path)
    assert [found[name] for name in ("no-team", "unknown-option", "list-unknown")] == [
        ("taken", "yes"),
        ("ignored", "yes"),
        ("ignored", "yes"),
    ]
    ignored = "aggregationLevel gives developer columns"
    assert found["level-name"] == (ignored, f"**no: {ignored}**")


def test_given_a_server_that_refuses_every_export_then_the_report_says_so(
    client: Client, tmp_path: Path
) -> None:
    Client(client.port, LEAF).scenario(createStatus=409, createBody='{"message": "Conflict"}')
    found = asked(client.port, tmp_path)
    refused = [f"{name} is refused otherwise" for name in ("aggregationLevel", "metricLevel")]
    assert found["level-name"] == (", ".join(refused), f"**no: {', '.join(refused)}**")
    assert found["file-form"] == ("not asked", "")


def test_given_the_older_header_then_it_is_sent_and_found(client: Client, tmp_path: Path) -> None:
    dialect(client, auth="SEI_API_KEY")
    found = asked(client.port, tmp_path, SEI_KEY_HEADER="SEI_API_KEY")
    assert found["key-header"] == ("SEI_API_KEY", "yes")


def test_given_exports_then_order_limit_ranges_and_an_empty_file_are_seen(
    client: Client, tmp_path: Path
) -> None:
    seeding: Json = {"report": "productivity", "count": 3, "org": ORG, "project": PROJECT}
    assert client.call("POST", "/_sim/exports", seeding | {"teamId": "1"}).status == 201
    Client(client.port, LEAF).scenario(content="empty", ranges=True, encoding="plain")
    found = asked(client.port, tmp_path)
    assert [found[name] for name in ("list-order", "list-limit", "empty-file")] == [
        ("kept", "yes"),
        ("kept", "yes"),
        ("no bytes", "yes"),
    ]
    assert found["file-etag"] == ("there", "yes")
