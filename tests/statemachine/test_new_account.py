"""A new account runs ten functions at once: a batch takes longer there, and loses nothing."""

import pytest

from sei_export.batch.ledger import Fate
from tests.fakes.orgtree_strategies import row_tree
from tests.fakes.rounds import first_round
from tests.statemachine.account import Batch, Lambda, without
from tests.statemachine.walks import definition_of

TEAMS = 30
ROOM = 10
"""Of a new account; the quota L-B99A9384."""


def _batch(concurrency: int, others: int, moving_seconds: float, lacking: str = "?") -> Batch:
    """A batch of 30 teams.

    Args:
        concurrency: The stack's MaxConcurrency.
        others: How many functions of others run all the time.
        moving_seconds: How long the download of one file takes.
        lacking: An error of which the machines know nothing.
    """
    tree = row_tree([(0, "1", "All"), *((1, str(it), f"Team {it}") for it in range(2, TEAMS + 2))])
    definitions = {
        name: without(
            definition_of(name, MaxConcurrency=str(concurrency), ExportTimeoutMinutes="180"),
            lacking,
        )
        for name in ("batch", "child", "export")
    }
    items = first_round("leaves", tree=tree)
    assert len(items) == TEAMS
    return Batch(definitions, Lambda(ROOM - others), items, concurrency, moving_seconds)


@pytest.mark.parametrize(
    ("concurrency", "others", "moving_seconds"),
    [
        pytest.param(10, 5, 60, id="half of it is taken"),
        pytest.param(10, 5, 890, id="half of it is taken, and files are large"),
        pytest.param(10, 9, 20, id="one at a time"),
        pytest.param(40, 0, 890, id="all at once, and files are large"),
        pytest.param(40, 7, 300, id="all at once where three have room"),
    ],
)
def test_given_room_for_few_functions_then_a_batch_of_30_teams_loses_nothing(
    concurrency: int, others: int, moving_seconds: float
) -> None:
    batch = _batch(concurrency, others, moving_seconds)
    end = batch.run()
    assert end.state == "BatchSucceeded", (end, batch.functions.refused)
    assert batch.functions.refused.total() > TEAMS / 2
    assert batch.functions.most == ROOM - others
    assert [line.fate for line in batch.ledger().lines.values()] == [Fate.LANDED] * TEAMS
    assert len(batch.rounds) <= 2
    assert batch.bus.details[-1]["status"] == "COMPLETE"


def test_with_the_default_concurrency_a_batch_alone_has_room() -> None:
    batch = _batch(10, 0, 60)
    assert batch.run().state == "BatchSucceeded"
    assert batch.functions.refused.total() == 0


def test_given_machines_that_do_not_wait_for_room_then_the_batch_is_not_complete() -> None:
    batch = _batch(10, 9, 20, lacking="Lambda.TooManyRequestsException")
    assert batch.run().state == "BatchFailed"
