"""A batch's account: nothing counts as landed that did not, and nothing is left out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.simulation import scale
from sei_export import errors
from sei_export.batch.item import Item
from sei_export.batch.ledger import MAX_ROUNDS, MAX_TRIES, Fate, Ledger, Line, balance
from sei_export.batch.outcomes import Outcome
from sei_export.batch.plan import MAX_ITEMS
from sei_export.failures import Failure
from sei_export.orgtree import OrgTree, Team
from tests.fakes.batch_items import RUN, expanded
from tests.fakes.orgtree_strategies import (
    antichains,
    chain,
    leaves_of,
    row_tree,
    some_ids,
    trees,
)
from tests.fakes.rounds import LANDED, TOO_LARGE, Rounds, failed, first_round, of_teams
from tests.fakes.samples import asked

TOO_LARGE_SAID = [failed("ExportTimedOutError"), failed("ExportFailedError", "Too many rows.")]
SPLITTABLE = ["ExportTimedOutError"]
"""Without a word about a size; ExportFailedError needs one, or another try."""
PERMANENT = [
    *("InvalidRequestError", "ConfigurationError", "AuthenticationError"),
    *("ExportRejectedError", "ExportCancelledError", "StorageError"),
]
TRANSIENT = [
    *("ServiceUnavailableError", "RateLimitedError", "ProtocolError", "CorruptDownloadError"),
    *(
        "ExportFailedError",
        "ExportNotFoundError",
        "States.TaskFailed",
        "States.Timeout",
        "Sandbox.Timedout",
    ),
]
OF_NO_EXPORT = ["HarvestIncompleteError", "BatchIncompleteError"]
"""How a harvest and a batch end: an export's execution never does."""

CLASSES = {
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.SeiExportError)
}
ERRORS = sorted(kind.__name__ for kind in CLASSES if not CLASSES & {*kind.__subclasses__()})
"""What this project's functions end with."""


def _line(ledger: Ledger, team: str | None) -> Line:
    [line] = [each for each in ledger.lines.values() if each.item.team == team]
    return line


def _fates(ledger: Ledger) -> dict[str | None, str]:
    return {line.item.team: line.fate.value for line in ledger.lines.values()}


def _teams(items: Iterable[Item]) -> list[str | None]:
    return [item.team for item in items]


# --- one round ---


def test_given_all_landed_when_balanced_then_there_is_nothing_more_to_do() -> None:
    batch = Rounds(first_round("top"), of_teams({}))
    ledger = batch.step(batch.first)
    assert ledger.following == ()
    assert [line.item for line in ledger.lines.values()] == batch.first
    for key, line in ledger.lines.items():
        assert line == Line(line.item, Fate.LANDED, LANDED)
        assert key == line.item.id


def test_given_no_outcome_when_balanced_then_it_is_missing_and_tried_again() -> None:
    batch = Rounds(first_round("top"), of_teams({"5": None}))
    ledger = batch.step(batch.first)
    line = _line(ledger, "5")
    assert (line.fate, line.outcome) == (Fate.MISSING, None)
    assert line.failure
    assert line.failure.error == "BatchIncompleteError"
    assert "no outcome" in line.failure.message
    [again] = ledger.following
    assert (again.id, again.tries, again.request) == (line.item.id, 2, line.item.request)
    assert again.name == line.item.name.replace("-r1-", "-r2-") != line.item.name


@pytest.mark.parametrize("error", TRANSIENT)
def test_given_a_failure_that_may_pass_when_balanced_then_it_is_tried_again(error: str) -> None:
    batch = Rounds(first_round("top"), of_teams({"5": failed(error)}))
    ledger = batch.step(batch.first)
    line = _line(ledger, "5")
    assert (line.fate, line.outcome) == (Fate.FAILED, failed(error))
    assert line.failure == Failure(error, "It failed.", "Mend it.")
    assert [(item.team, item.tries, item.replaces) for item in ledger.following] == [("5", 2, None)]


@pytest.mark.parametrize("error", PERMANENT)
@pytest.mark.parametrize("team", ["5", None], ids=["a team", "the whole tree"])
def test_given_a_failure_that_stays_when_balanced_then_it_is_final(
    error: str, team: str | None
) -> None:
    batch = Rounds(first_round("none", "top"), of_teams({team: failed(error)}))
    ledger = batch.step(batch.first)
    assert ledger.following == ()
    assert _line(ledger, team).fate is Fate.FAILED


@pytest.mark.parametrize("ended", TOO_LARGE_SAID, ids=["late", "says so"])
def test_given_what_a_smaller_scope_may_cure_then_its_parts_take_its_place(
    ended: Outcome,
) -> None:
    batch = Rounds(first_round("none"), of_teams({None: ended}))
    ledger = batch.step(batch.first)
    line = _line(ledger, None)
    assert line.fate is Fate.SPLIT
    assert line.failure == ended.failure
    assert line.replaced_by == tuple(item.id for item in ledger.following)
    assert ledger.following == batch.parts(batch.first[0])
    assert [(item.team, item.tries, item.replaces) for item in ledger.following] == [
        (team, 1, line.item.id) for team in ("2", "5", "7")
    ]
    # The parts are expected, but nothing is known of them.
    assert [*ledger.lines] == [line.item.id]


def _what_follows(error: str) -> str:
    """What the ledger does about a team that failed so."""
    batch = Rounds(first_round(["Platform"]), of_teams({"2": failed(error)}))
    following = batch.step(batch.first).following
    if following == batch.parts(batch.first[0]):
        return "its parts"
    return "another try" if following else "nothing"


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_known_to_need_parts_another_try_or_nothing(error: str) -> None:
    # A new error is tried again, unless it is put into one of the ledger's sets: decide here too.
    reviewed = {
        "its parts": SPLITTABLE,
        "nothing": PERMANENT,
        "another try": [*TRANSIENT, *OF_NO_EXPORT],
    }
    assert [_what_follows(error)] == [what for what, names in reviewed.items() if error in names]


def test_every_reviewed_error_is_still_one_of_this_project_or_of_aws() -> None:
    reviewed = [*SPLITTABLE, *PERMANENT, *TRANSIENT, *OF_NO_EXPORT]
    assert sorted(name for name in reviewed if "." not in name) == sorted(ERRORS)


@pytest.mark.parametrize("ended", TOO_LARGE_SAID, ids=["late", "says so"])
def test_given_a_leaf_that_is_too_large_when_balanced_then_it_is_final(ended: Outcome) -> None:
    batch = Rounds(first_round("leaves"), of_teams({"3": ended}))
    ledger = batch.step(batch.first)
    assert ledger.following == ()
    line = _line(ledger, "3")
    assert line == Line(line.item, Fate.FAILED, ended, ended.failure)


@pytest.mark.parametrize(
    ("message", "follows"),
    [
        ("Export failed: too large.", "its parts"),
        ("Query timed out after 600 s", "its parts"),
        ("The request timeout was reached.", "its parts"),
        ("Result exceeds the maximum of 100000 rows", "its parts"),
        ("row limit reached", "its parts"),
        ("Out of memory", "its parts"),
        ("Internal error, please try later", "another try"),
        ("Rate limit exceeded", "another try"),
        ("rate-limit reached", "another try"),
        ("Too many requests", "another try"),
        ("Quota exceeded, try again later", "another try"),
        ("Service unavailable", "another try"),
        ("Unknown metric", "another try"),
    ],
)
def test_only_a_word_about_its_size_splits_what_failed_once(message: str, follows: str) -> None:
    ended = failed("ExportFailedError", message)
    batch = Rounds(first_round(["Platform"]), of_teams({"2": ended}))
    following = batch.step(batch.first).following
    assert [item.tries for item in following] == ([1, 1] if follows == "its parts" else [2])


def test_given_what_fails_twice_without_a_word_then_it_is_split_and_a_leaf_is_final() -> None:
    ended = failed("ExportFailedError", "Internal error, please try later.")
    batch = Rounds(first_round(["Platform", "Solo"]), of_teams({"2": ended, "7": ended}))
    ledger = batch.settle()
    assert [_teams(items) for items in batch.rounds] == [["2", "7"], ["2", "7"], ["3", "4"]]
    assert _fates(ledger) == {"2": "split", "7": "failed", "3": "landed", "4": "landed"}


def test_given_what_has_no_tree_and_is_too_large_when_balanced_then_it_is_final() -> None:
    [item] = expanded(asked(), tree=None)
    outcomes = [{item.id: failed(TOO_LARGE)}]
    ledger = balance([[item]], outcomes, lambda _: (), RUN, 2)
    assert (ledger.following, ledger.lines[item.id].fate) == ((), Fate.FAILED)


def test_given_outcomes_of_unexpected_items_when_balanced_then_they_do_not_count() -> None:
    [item] = first_round(["Solo"])
    ledger = balance([[item]], [{"0123456789abcdef": LANDED}], lambda _: (), RUN, 2)
    assert {key: line.fate for key, line in ledger.lines.items()} == {item.id: Fate.MISSING}


def test_given_a_reason_why_nothing_was_written_down_then_what_is_missing_has_it() -> None:
    [item] = first_round(["Solo"])
    reason = Failure("BatchIncompleteError", "The map failed.", "Mend it.")
    ledger = balance([[item]], [{}], lambda _: (), RUN, 2, reason)
    assert ledger.lines[item.id] == Line(item, Fate.MISSING, None, reason)


def test_given_a_reason_for_the_last_round_then_earlier_rounds_have_their_own() -> None:
    [first, last] = first_round(["Solo"], ["Product"])
    reason = Failure("BatchIncompleteError", "The map failed.", "Mend it.")
    ledger = balance([[first], [last]], [{}, {}], lambda _: (), RUN, 3, reason)
    assert ledger.lines[last.id].failure == reason
    earlier = ledger.lines[first.id].failure
    assert earlier
    assert "no outcome" in earlier.message


def test_given_more_parts_than_fit_into_a_batch_then_it_is_not_split() -> None:
    for parts, fate in ((MAX_ITEMS, Fate.SPLIT), (MAX_ITEMS + 1, Fate.FAILED)):
        tree = row_tree([(min(1, i), str(i), "x") for i in range(parts + 1)])
        batch = Rounds(first_round("none", tree=tree), of_teams({None: failed(TOO_LARGE)}), tree)
        ledger = batch.step(batch.first)
        assert _line(ledger, None).fate is fate
        assert len(ledger.following) == (parts if fate is Fate.SPLIT else 0)


# --- over rounds ---


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        pytest.param(None, Fate.MISSING, id="nothing written down"),
        pytest.param(failed("ServiceUnavailableError"), Fate.FAILED, id="a failure"),
    ],
)
def test_given_that_every_try_fails_then_it_ends_so_after_the_last_one(
    answer: Outcome | None, fate: Fate
) -> None:
    batch = Rounds(first_round("top"), of_teams({"5": answer}))
    ledger = batch.settle()
    line = _line(ledger, "5")
    assert (line.fate, line.item.tries) == (fate, MAX_TRIES)
    assert len(batch.ended[line.item.id]) == len(batch.rounds) == MAX_TRIES == 3
    assert len({item.name for items in batch.rounds for item in items}) == 5
    assert _fates(ledger) == {"2": "landed", "5": fate.value, "7": "landed"}


@pytest.mark.parametrize("answer", [None, failed("ProtocolError")], ids=["lost", "failed"])
@pytest.mark.parametrize("tries", range(2, MAX_TRIES + 1))
def test_given_a_later_try_that_lands_then_it_has_landed(
    answer: Outcome | None, tries: int
) -> None:
    batch = Rounds(first_round("top"), lambda item: LANDED if item.tries == tries else answer)
    ledger = batch.settle()
    assert set(_fates(ledger).values()) == {"landed"}
    line = _line(ledger, "5")
    assert line == Line(line.item, Fate.LANDED, LANDED)
    assert line.item.tries == len(batch.rounds) == tries


def test_given_a_later_try_with_another_failure_then_the_last_one_is_told() -> None:
    last = failed("ExportRejectedError")
    batch = Rounds(first_round(["Solo"]), lambda item: None if item.tries == 1 else last)
    line = _line(batch.settle(), "7")
    assert (line.fate, line.failure, line.item.tries) == (Fate.FAILED, last.failure, 2)


def test_given_a_try_that_shows_that_it_is_too_large_then_it_is_split() -> None:
    batch = Rounds(
        first_round(["Platform"]),
        lambda item: (
            (None if item.tries == 1 else failed(TOO_LARGE)) if item.team == "2" else LANDED
        ),
    )
    ledger = batch.settle()
    assert _fates(ledger) == {"2": "split", "3": "landed", "4": "landed"}
    assert [_teams(items) for items in batch.rounds] == [["2"], ["2"], ["3", "4"]]
    assert {item.tries for item in batch.rounds[2]} == {1}


def test_given_parts_that_are_too_large_then_they_are_split_in_turn() -> None:
    batch = Rounds(first_round("none"), of_teams({None: failed(TOO_LARGE), "2": failed(TOO_LARGE)}))
    ledger = batch.settle()
    assert [_teams(items) for items in batch.rounds] == [[None], ["2", "5", "7"], ["3", "4"]]
    assert _fates(ledger) == {
        None: "split",
        "2": "split",
        "5": "landed",
        "7": "landed",
        "3": "landed",
        "4": "landed",
    }
    platform = _line(ledger, "2")
    assert platform.replaced_by == (_line(ledger, "3").item.id, _line(ledger, "4").item.id)
    assert platform.item.replaces == _line(ledger, None).item.id


def test_given_a_part_that_is_in_the_run_already_then_it_is_not_run_twice() -> None:
    batch = Rounds(first_round("none", ["Platform"]), of_teams({None: failed(TOO_LARGE)}))
    ledger = batch.settle()
    assert [_teams(items) for items in batch.rounds] == [[None, "2"], ["5", "7"]]
    whole = _line(ledger, None)
    assert (whole.fate, len(whole.replaced_by)) == (Fate.SPLIT, 3)
    assert _line(ledger, "2").item.id in whole.replaced_by
    assert Counter(map(len, batch.ended.values())) == {1: 4}


def test_given_parts_that_are_all_in_the_run_then_it_is_split_without_another_round() -> None:
    batch = Rounds(first_round("none", "top"), of_teams({None: failed(TOO_LARGE)}))
    ledger = batch.settle()
    assert len(batch.rounds) == 1
    assert _fates(ledger) == {None: "split", "2": "landed", "5": "landed", "7": "landed"}


def test_given_a_part_that_is_tried_again_already_then_it_is_in_the_next_round_once() -> None:
    batch = Rounds(
        first_round("none", ["Platform"]),
        lambda item: {None: failed(TOO_LARGE), "2": None if item.tries == 1 else LANDED}.get(
            item.team, LANDED
        ),
    )
    ledger = batch.settle()
    assert sorted(map(str, _teams(batch.rounds[1]))) == ["2", "5", "7"]
    assert [item.tries for item in batch.rounds[1] if item.team == "2"] == [2]
    assert {line.fate for line in ledger.lines.values()} == {Fate.SPLIT, Fate.LANDED}


def test_given_a_part_that_fails_then_the_whole_is_split_and_the_part_failed() -> None:
    batch = Rounds(
        first_round("none"), of_teams({None: failed(TOO_LARGE), "5": failed("ExportRejectedError")})
    )
    assert _fates(batch.settle()) == {None: "split", "2": "landed", "5": "failed", "7": "landed"}


def test_given_a_tree_deeper_than_rounds_then_the_last_team_is_told_as_failed() -> None:
    tree = row_tree(chain(MAX_ROUNDS + 5))
    batch = Rounds(first_round("none", tree=tree), lambda _: failed(TOO_LARGE), tree)
    ledger = batch.settle()
    assert len(batch.rounds) == MAX_ROUNDS
    fates = [line.fate for line in ledger.lines.values()]
    assert fates == [Fate.SPLIT] * (MAX_ROUNDS - 1) + [Fate.FAILED]


def test_given_no_more_rounds_then_what_is_lost_in_the_last_one_is_missing() -> None:
    tree = row_tree(chain(MAX_ROUNDS + 5))
    last = str(MAX_ROUNDS)
    batch = Rounds(
        first_round("none", tree=tree),
        lambda it: None if it.team == last else failed(TOO_LARGE),
        tree,
    )
    ledger = batch.settle()
    assert _line(ledger, last).fate is Fate.MISSING
    assert len(batch.rounds) == MAX_ROUNDS


def test_given_the_same_twice_when_balanced_then_the_account_is_the_same() -> None:
    batch = Rounds(
        first_round("none", "top"), of_teams({None: failed(TOO_LARGE), "2": None, "5": None})
    )
    first = batch.step(batch.first)
    again = balance(batch.rounds, batch.outcomes, batch.parts, RUN, 2)
    assert first == again
    assert first.following


def test_the_simulation_has_as_many_rounds_as_there_are() -> None:
    assert scale.MAX_ROUNDS == MAX_ROUNDS


def test_given_a_failure_in_passing_first_then_the_whole_is_still_tried_once_more() -> None:
    ended = [failed("ServiceUnavailableError"), failed("ExportFailedError", "Internal error.")]
    batch = Rounds(
        first_round(["Platform"]),
        lambda item: ended[min(item.tries, 2) - 1] if item.team == "2" else LANDED,
    )
    batch.settle()
    assert [_teams(items) for items in batch.rounds] == [["2"], ["2"], ["2"], ["3", "4"]]


def test_given_a_part_of_what_was_split_then_it_is_split_at_once() -> None:
    vague = failed("ExportFailedError", "Internal error.")
    batch = Rounds(first_round("none"), of_teams({None: failed(TOO_LARGE), "2": vague}))
    ledger = batch.settle()
    assert [_teams(items) for items in batch.rounds] == [[None], ["2", "5", "7"], ["3", "4"]]
    assert _fates(ledger)["2"] == "split"


def test_given_what_an_earlier_version_split_then_it_stays_split() -> None:
    # By rules that are others now: the whole beside its parts would count twice.
    vague = failed("ExportFailedError", "Internal error.")
    [whole] = first_round("none")
    batch = Rounds([whole], of_teams({}))
    batch.rounds.append([whole])
    batch.outcomes.append({whole.id: vague})
    ledger = batch.step(batch.parts(whole))
    assert ledger.following == ()
    assert _fates(ledger) == {None: "split", "2": "landed", "5": "landed", "7": "landed"}


# --- what is not due yet ---

SOON = "2026-03-15T08:00:00Z"


@pytest.mark.parametrize("error", ["CorruptDownloadError", "ExportNotFoundError"])
def test_given_an_export_that_is_handed_out_again_then_its_try_waits_for_a_new_one(
    error: str,
) -> None:
    batch = Rounds(first_round(["Solo"]), of_teams({"7": failed(error, new_from=SOON)}))
    [again] = batch.step(batch.first).following
    assert again.not_before == SOON


def test_given_another_failure_then_the_next_try_waits_for_nothing() -> None:
    ended = failed("ServiceUnavailableError", new_from=SOON)
    batch = Rounds(first_round(["Solo"]), of_teams({"7": ended}))
    [again] = batch.step(batch.first).following
    assert again.not_before is None


def test_given_what_was_not_in_the_last_round_then_it_still_follows() -> None:
    late = failed("CorruptDownloadError", new_from=SOON)
    batch = Rounds(first_round(["Solo", "Platform"]), of_teams({"7": late, "2": failed(TOO_LARGE)}))
    first = batch.step(batch.first)
    parts = [item for item in first.following if item.not_before is None]
    assert _teams(parts) == ["3", "4"]
    second = batch.step(parts)
    [again] = second.following
    assert (again.team, again.tries, again.not_before) == ("7", 2, SOON)
    assert _fates(second)["7"] == "failed"
    [last] = batch.step([again]).following
    assert last == again.retried(RUN, 4, SOON)
    assert batch.step([last]).following == ()


# --- whatever happens ---


@dataclass(frozen=True)
class World:
    """What happens to the teams of a tree, by id; the root's is the whole tree.

    Attributes:
        tree: The tree.
        too_large: Fail in a way that a smaller scope may cure.
        refused: Fail for good.
        flaky: How many tries fail in a way that may pass, before one does not.
        lost: How many tries nothing is written down of, before that.
    """

    tree: OrgTree
    too_large: Collection[str]
    refused: Collection[str]
    flaky: Mapping[str, int]
    lost: Mapping[str, int]

    def answer(self, item: Item) -> Outcome | None:
        """What becomes of an item, which knows how often it was tried."""
        team = self.team(item).id
        if item.tries <= self.lost.get(team, 0):
            return None
        if item.tries <= self.lost.get(team, 0) + self.flaky.get(team, 0):
            return failed("ServiceUnavailableError")
        if team in self.refused:
            return failed("ExportRejectedError")
        return failed(TOO_LARGE) if team in self.too_large else LANDED

    def team(self, item: Item) -> Team:
        """The team of an item."""
        found = self.tree.root if item.team is None else self.tree.find(item.team)
        assert found
        return found

    def leaves(self, item: Item) -> list[str]:
        """Ids of the leaves that an item covers."""
        return [leaf.id for leaf in leaves_of(self.team(item))]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any world of any tree."""
    tree = draw(trees())
    ids = st.sampled_from([team.id for team in tree.teams()])
    everything = {team.id for team in tree.teams()}
    return World(
        tree,
        draw(some_ids(tree) | st.just(everything)),
        draw(st.sets(ids, max_size=3)),
        draw(st.dictionaries(ids, st.integers(1, 4), max_size=4)),
        draw(st.dictionaries(ids, st.integers(1, 4), max_size=4)),
    )


def _check(world: World, batch: Rounds, ledger: Ledger) -> None:
    """What is true of every batch that has ended."""
    final = [line for line in ledger.lines.values() if line.fate is not Fate.SPLIT]
    run = {item.id for items in batch.rounds for item in items}
    assert ledger.lines.keys() == run
    # No execution twice, no item more often than it may be, each in one round once.
    names = [item.name for items in batch.rounds for item in items]
    assert len(names) == len({*names})
    assert max(map(len, batch.ended.values())) <= MAX_TRIES
    for key, line in ledger.lines.items():
        answers = batch.ended[key]
        assert line.item.tries == len(answers)
        # Exactly what landed at last counts as landed, and what was never heard of as missing.
        assert (line.fate is Fate.LANDED) == (answers[-1] == LANDED)
        assert (line.fate is Fate.MISSING) == (answers[-1] is None)
        assert (line.failure is None) == (line.fate is Fate.LANDED)
        assert {*line.replaced_by} <= run
        assert bool(line.replaced_by) == (line.fate is Fate.SPLIT)
        if line.fate is Fate.SPLIT:
            parts = {team.id for team in world.team(line.item).children}
            assert {ledger.lines[part].item.team for part in line.replaced_by} == parts
        elif len(batch.rounds) < MAX_ROUNDS:
            _check_end(world, line)
    landed = {world.team(it.item).id for it in final if it.fate is Fate.LANDED}
    for team in landed:
        assert not landed & {outer.id for outer in world.tree.ancestors(team)}


def _check_end(world: World, line: Line) -> None:
    """There was no round too few: whatever could still be done was done."""
    team = world.team(line.item)
    misses = world.lost.get(team.id, 0)
    if misses >= MAX_TRIES:
        assert (line.fate, line.item.tries) == (Fate.MISSING, MAX_TRIES)
    elif misses + world.flaky.get(team.id, 0) >= MAX_TRIES:
        assert (line.fate, line.item.tries) == (Fate.FAILED, MAX_TRIES)
    elif team.id in world.refused:
        assert line.fate is Fate.FAILED
    elif team.id in world.too_large:
        assert (line.fate, team.children) == (Fate.FAILED, ())
    else:
        assert line.fate is Fate.LANDED


@settings(max_examples=300)
@given(world=worlds())
def test_whatever_happens_each_leaf_is_in_one_item_and_only_what_landed_has_landed(
    world: World,
) -> None:
    batch = Rounds(first_round("none", tree=world.tree, report="sprint"), world.answer, world.tree)
    ledger = batch.settle()
    _check(world, batch, ledger)
    final = [line for line in ledger.lines.values() if line.fate is not Fate.SPLIT]
    covered = Counter(leaf for line in final for leaf in world.leaves(line.item))
    assert covered == Counter(world.leaves(batch.first[0]))


@settings(max_examples=200)
@given(data=st.data())
def test_whatever_is_asked_for_beside_the_whole_no_leaf_is_left_out(data: st.DataObject) -> None:
    world = data.draw(worlds())
    also = data.draw(antichains(world.tree))
    items = first_round("none", [team.id for team in also], tree=world.tree)
    batch = Rounds(items, world.answer, world.tree)
    ledger = batch.settle()
    final = [line for line in ledger.lines.values() if line.fate is not Fate.SPLIT]
    covered = {leaf for line in final for leaf in world.leaves(line.item)}
    assert covered == {leaf.id for leaf in leaves_of(world.tree.root)}
    names = [item.name for items in batch.rounds for item in items]
    assert len(names) == len({*names})
    for key, line in ledger.lines.items():
        assert (line.fate is Fate.LANDED) == (batch.ended[key][-1] == LANDED)
        assert (line.fate is Fate.MISSING) == (batch.ended[key][-1] is None)
