"""What an identical request gets: the same export, another one, or a failed one again."""

import time

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import Client

port = simulator.port
client = simulator.client


def test_a_failed_export_is_handed_out_again_inside_the_window(client: Client) -> None:
    client.scenario(outcomes=["failed", "completed"])
    failed = client.created()
    assert client.status(failed).json["status"] == "failed"
    again = client.create()
    assert (again.status, again.json["exportId"]) == (200, failed)
    assert again.message == "Using existing export with identical parameters"


def test_after_the_window_there_is_a_new_export(client: Client) -> None:
    client.scenario(outcomes=["failed", "completed"], reuseSeconds=0.3)
    failed = client.created()
    assert client.create().json["exportId"] == failed
    time.sleep(0.32)
    renewed = client.create()
    assert renewed.status == 202
    assert renewed.json["exportId"] != failed
    assert client.status(failed).json["status"] == "failed"
    assert client.status(str(renewed.json["exportId"])).json["status"] == "completed"


def test_the_window_of_one_selector_is_not_anothers(client: Client) -> None:
    client.scenario(reuseSeconds=0)
    other = Client(client.port, f"{client.team}-other")
    assert client.created() != client.created()
    assert other.created() == other.created()


def test_each_export_of_a_selector_has_an_outcome_of_its_own(client: Client) -> None:
    client.scenario(outcomes=["failed", "completed", "cancelled"], outcome="failed", reuseSeconds=0)
    made = [client.created() for _ in range(5)]
    seen = [client.status(export_id).json["status"] for export_id in made]
    assert seen == ["failed", "completed", "cancelled", "failed", "failed"]


def test_outcomes_are_counted_over_all_reports_of_a_selector(client: Client) -> None:
    client.scenario(outcomes=["failed"])
    first, second = client.of("sprint"), client.of("efficiency")
    assert first.status(first.created()).json["status"] == "failed"
    assert second.status(second.created()).json["status"] == "COMPLETED"


def test_refused_creates_are_not_counted(client: Client) -> None:
    client.scenario(outcomes=["failed"], createStatus=500)
    assert client.create().status == 500
    client.scenario(outcomes=["failed"])
    assert client.status(client.created()).json["status"] == "failed"


def test_a_window_and_outcomes_must_make_sense(client: Client) -> None:
    assert client.put_scenario({"reuseSeconds": -1}).status == 422
    assert client.put_scenario({"outcomes": [""]}).status == 422
