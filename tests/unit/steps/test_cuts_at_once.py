"""Batches of one tree at once: none overwrites what another has learned."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sei_export import keys
from sei_export.batch.cuts import Cut
from sei_export.errors import ServiceUnavailableError
from sei_export.steps.close_batch import close_batch
from tests.fakes.batches import BATCH_ARN, NOW, Batch, teams_end, too_large
from tests.fakes.known_cuts import ago, known
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import least, parsed

if TYPE_CHECKING:
    from sei_export.jsontypes import JsonObject

KEY = keys.cut_key(parsed(least("productivity")))
NEW = ago(why="ExportTimedOutError: Not ready.")
TEAMS = (None, "2", "5")
"""The whole tree, and its two teams that have teams inside."""


def _split(s3: FakeS3, run: str, team: str | None = None) -> Batch:
    """A batch that has found a team, or the whole tree, to be too large, ready to be closed."""
    batch = Batch(s3)
    scope: JsonObject = {"orgTreeName": "Engineering", "teams": [team] if team else "none"}
    batch.plan(least("productivity", scope=scope), run=run)
    batch.record(teams_end({team: too_large()}))
    assert batch.close()["status"] == "CONTINUE"
    batch.number += 1
    batch.record(teams_end({}))
    return batch


def _close(batch: Batch, pauses: list[float] | None = None) -> None:
    payload: JsonObject = {
        "run": batch.run,
        "round": batch.number,
        "executionArn": BATCH_ARN,
    }
    waited: list[float] = [] if pauses is None else pauses
    close_batch(payload, batch.s3.documents, lambda: NOW, waited.append)


def _known(s3: FakeS3) -> Cut:
    return Cut.from_json(s3.documents.read_json(KEY).content)


def test_given_a_cut_that_another_batch_wrote_meanwhile_then_both_are_kept() -> None:
    s3 = FakeS3()
    batch = _split(s3, "first")
    s3.documents.write_json(KEY, known(t7=4).to_json())
    _close(batch)
    assert _known(s3) == Cut({"1": NEW, "7": ago(4)})


def test_given_a_cut_that_changes_between_reading_and_writing_then_it_is_read_again() -> None:
    s3, pauses = FakeS3(), list[float]()
    batch = _split(s3, "first")
    s3.before(f"write {KEY}", lambda: s3.documents.write_json(KEY, known(t7=4).to_json()))
    _close(batch, pauses)
    assert _known(s3) == Cut({"1": NEW, "7": ago(4)})
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 0.05


def test_given_batches_at_once_when_closed_then_all_of_their_cuts_are_kept() -> None:
    for _ in range(20):
        s3 = FakeS3()
        s3.documents.write_json(KEY, known(t9=5).to_json())
        batches = [_split(s3, f"run-{number}", team) for number, team in enumerate(TEAMS)]
        with ThreadPoolExecutor(len(batches)) as pool:
            list(pool.map(_close, batches))
        assert _known(s3) == Cut({"9": ago(5), **dict.fromkeys(("1", "2", "5"), NEW)})


def test_given_a_cut_that_never_holds_still_then_closing_is_tried_again_later() -> None:
    s3, pauses = FakeS3(), list[float]()
    batch = _split(s3, "first")
    # Each try to write finds that another batch has just written.
    for number in range(20):
        other = partial(s3.documents.write_json, KEY, known(t7=number).to_json())
        s3.before(f"write {KEY}", other, 2 * number + 1)
    with pytest.raises(ServiceUnavailableError, match=KEY):
        _close(batch, pauses)
    assert len(pauses) == 20
    assert max(pauses) <= 1
    assert s3.current(batch.manifest_key) is None
