"""A batch's account: nothing counts as landed that did not, and nothing is left out."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.simulation import scale
from sei_export.api.treeforms import read_tree
from sei_export.batch.expansion import children, expand
from sei_export.batch.item import Item
from sei_export.batch.ledger import MAX_ROUNDS, MAX_TRIES, Entry, Fate, Ledger, balance
from sei_export.batch.outcomes import Failure, Outcome
from sei_export.batch.plan import MAX_ITEMS, parse_plan
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import OrgTree, Team
from tests.fakes.orgtree_strategies import ENGINEERING, antichains, chain, row_tree, some_ids, trees
from tests.fakes.samples import STARTED_AT, asked, least

RUN = "weekly-2026-03-15"
TREE = read_tree(ENGINEERING, "Engineering")
SPLITTABLE = ["ExportTimedOutError", "ExportFailedError"]
PERMANENT = [
    *("InvalidRequestError", "ConfigurationError", "AuthenticationError"),
    *("ExportRejectedError", "ExportCancelledError", "StorageError"),
]
TRANSIENT = [
    *("ServiceUnavailableError", "RateLimitedError", "ProtocolError", "CorruptDownloadError"),
    *("ExportNotFoundError", "States.TaskFailed", "States.Timeout", "Sandbox.Timedout"),
]
TOO_LARGE = "ExportTimedOutError"
LANDED = Outcome("arn", {"rows": 1}, None)

type Answer = Outcome | None
"""None: nobody wrote it down."""


def _failed(error: str) -> Outcome:
    return Outcome("arn", None, Failure(error, "It failed.", "Mend it."))


def _items(*teams: JsonValue, tree: OrgTree = TREE, report: str = "productivity") -> list[Item]:
    """A first round of all that these selectors ask for; one plan must not have overlaps."""
    items: dict[str, Item] = {}
    for each in teams:
        entry = least(report, scope={"orgTreeName": "Engineering", "teams": each})
        plan = parse_plan({"exports": [entry]}, BATCH_DEFAULTS, STARTED_AT)
        expanded = expand(plan, {("acme", "metrics", "Engineering"): tree}, {}, RUN).items
        items |= {item.id: item for item in expanded}
    return [*items.values()]


@dataclass
class Batch:
    """A batch, with what becomes of each item.

    Attributes:
        first: The items of its first round.
        answer: What becomes of an item.
        tree: The tree.
        rounds: The items of all rounds until now.
        outcomes: What was written down.
        ended: By item id, what became of it at each try.
    """

    first: list[Item]
    answer: Callable[[Item], Answer]
    tree: OrgTree = TREE
    rounds: list[list[Item]] = field(default_factory=list)
    outcomes: list[dict[str, Outcome]] = field(default_factory=list)
    ended: dict[str, list[Answer]] = field(default_factory=dict)

    def step(self, items: Iterable[Item]) -> Ledger:
        """Run a round and close it."""
        self.rounds.append([*items])
        found: dict[str, Outcome] = {}
        for item in self.rounds[-1]:
            outcome = self.answer(item)
            self.ended.setdefault(item.id, []).append(outcome)
            if outcome:
                found[item.id] = outcome
        self.outcomes.append(found)
        return balance(self.rounds, self.outcomes, self.parts, RUN)

    def parts(self, item: Item) -> tuple[Item, ...]:
        """What a too large item is split into."""
        return children(item, self.tree, RUN, len(self.rounds) + 1)

    def settle(self) -> Ledger:
        """Run all rounds; no more than there may be."""
        ledger = self.step(self.first)
        while ledger.following:
            assert len(self.rounds) < MAX_ROUNDS
            ledger = self.step(ledger.following)
        return ledger


def _of(teams: Mapping[str | None, Answer]) -> Callable[[Item], Answer]:
    """What becomes of the items of some teams, None for the whole tree; all others land."""
    return lambda item: teams.get(item.team, LANDED)


def _entry(ledger: Ledger, team: str | None) -> Entry:
    [entry] = [each for each in ledger.entries.values() if each.item.team == team]
    return entry


def _fates(ledger: Ledger) -> dict[str | None, str]:
    return {entry.item.team: entry.fate.value for entry in ledger.entries.values()}


def _teams(items: Iterable[Item]) -> list[str | None]:
    return [item.team for item in items]


# --- one round ---


def test_given_all_landed_when_balanced_then_there_is_nothing_more_to_do() -> None:
    batch = Batch(_items("top"), _of({}))
    ledger = batch.step(batch.first)
    assert ledger.following == ()
    assert [entry.item for entry in ledger.entries.values()] == batch.first
    for key, entry in ledger.entries.items():
        assert entry == Entry(entry.item, Fate.LANDED, LANDED)
        assert key == entry.item.id


def test_given_no_outcome_when_balanced_then_it_is_missing_and_tried_again() -> None:
    batch = Batch(_items("top"), _of({"5": None}))
    ledger = batch.step(batch.first)
    entry = _entry(ledger, "5")
    assert (entry.fate, entry.outcome) == (Fate.MISSING, None)
    assert entry.failure
    assert entry.failure.error == "BatchIncompleteError"
    assert "no outcome" in entry.failure.message
    [again] = ledger.following
    assert (again.id, again.tries, again.input) == (entry.item.id, 2, entry.item.input)
    assert again.name == entry.item.name.replace("-r1-", "-r2-") != entry.item.name


@pytest.mark.parametrize("error", TRANSIENT)
def test_given_a_failure_that_may_pass_when_balanced_then_it_is_tried_again(error: str) -> None:
    batch = Batch(_items("top"), _of({"5": _failed(error)}))
    ledger = batch.step(batch.first)
    entry = _entry(ledger, "5")
    assert (entry.fate, entry.outcome) == (Fate.FAILED, _failed(error))
    assert entry.failure == Failure(error, "It failed.", "Mend it.")
    assert [(item.team, item.tries, item.replaces) for item in ledger.following] == [("5", 2, None)]


@pytest.mark.parametrize("error", PERMANENT)
@pytest.mark.parametrize("team", ["5", None], ids=["a team", "the whole tree"])
def test_given_a_failure_that_stays_when_balanced_then_it_is_final(
    error: str, team: str | None
) -> None:
    batch = Batch(_items("none", "top"), _of({team: _failed(error)}))
    ledger = batch.step(batch.first)
    assert ledger.following == ()
    assert _entry(ledger, team).fate is Fate.FAILED


@pytest.mark.parametrize("error", SPLITTABLE)
def test_given_what_a_smaller_scope_may_cure_when_balanced_then_its_parts_take_its_place(
    error: str,
) -> None:
    batch = Batch(_items("none"), _of({None: _failed(error)}))
    ledger = batch.step(batch.first)
    entry = _entry(ledger, None)
    assert entry.fate is Fate.SPLIT
    assert entry.failure == Failure(error, "It failed.", "Mend it.")
    assert entry.replaced_by == tuple(item.id for item in ledger.following)
    assert ledger.following == batch.parts(batch.first[0])
    assert [(item.team, item.tries, item.replaces) for item in ledger.following] == [
        (team, 1, entry.item.id) for team in ("2", "5", "7")
    ]
    # The parts are expected, but nothing is known of them.
    assert [*ledger.entries] == [entry.item.id]


@pytest.mark.parametrize("error", SPLITTABLE)
def test_given_a_leaf_that_is_too_large_when_balanced_then_it_is_final(error: str) -> None:
    batch = Batch(_items("leaves"), _of({"3": _failed(error)}))
    ledger = batch.step(batch.first)
    assert ledger.following == ()
    assert _entry(ledger, "3") == Entry(
        _entry(ledger, "3").item, Fate.FAILED, _failed(error), _failed(error).failure
    )


def test_given_what_has_no_tree_and_is_too_large_when_balanced_then_it_is_final() -> None:
    plan = parse_plan({"exports": [asked()]}, BATCH_DEFAULTS, STARTED_AT)
    [item] = expand(plan, {}, {}, RUN).items
    outcomes = [{item.id: _failed(TOO_LARGE)}]
    ledger = balance([[item]], outcomes, lambda _: (), RUN)
    assert (ledger.following, ledger.entries[item.id].fate) == ((), Fate.FAILED)


def test_given_outcomes_of_items_that_nobody_expected_when_balanced_then_they_do_not_count() -> (
    None
):
    [item] = _items(["Solo"])
    ledger = balance([[item]], [{"0123456789abcdef": LANDED}], lambda _: (), RUN)
    assert {key: entry.fate for key, entry in ledger.entries.items()} == {item.id: Fate.MISSING}


def test_given_a_reason_why_nothing_was_written_down_then_what_is_missing_has_it() -> None:
    [item] = _items(["Solo"])
    reason = Failure("BatchIncompleteError", "The map failed.", "Mend it.")
    ledger = balance([[item]], [{}], lambda _: (), RUN, reason)
    assert ledger.entries[item.id] == Entry(item, Fate.MISSING, None, reason)


def test_given_a_reason_for_the_last_round_then_what_is_missing_since_before_has_its_own() -> None:
    [first, last] = _items(["Solo"], ["Product"])
    reason = Failure("BatchIncompleteError", "The map failed.", "Mend it.")
    ledger = balance([[first], [last]], [{}, {}], lambda _: (), RUN, reason)
    assert ledger.entries[last.id].failure == reason
    earlier = ledger.entries[first.id].failure
    assert earlier
    assert "no outcome" in earlier.message


def test_given_more_parts_than_fit_into_a_batch_then_it_is_not_split() -> None:
    for parts, fate in ((MAX_ITEMS, Fate.SPLIT), (MAX_ITEMS + 1, Fate.FAILED)):
        tree = row_tree([(min(1, i), str(i), "x") for i in range(parts + 1)])
        batch = Batch(_items("none", tree=tree), _of({None: _failed(TOO_LARGE)}), tree)
        ledger = batch.step(batch.first)
        assert _entry(ledger, None).fate is fate
        assert len(ledger.following) == (parts if fate is Fate.SPLIT else 0)


# --- over rounds ---


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        pytest.param(None, Fate.MISSING, id="nothing written down"),
        pytest.param(_failed("ServiceUnavailableError"), Fate.FAILED, id="a failure"),
    ],
)
def test_given_that_every_try_fails_then_it_ends_so_after_the_last_one(
    answer: Answer, fate: Fate
) -> None:
    batch = Batch(_items("top"), _of({"5": answer}))
    ledger = batch.settle()
    entry = _entry(ledger, "5")
    assert (entry.fate, entry.item.tries) == (fate, MAX_TRIES)
    assert len(batch.ended[entry.item.id]) == len(batch.rounds) == MAX_TRIES == 3
    assert len({item.name for items in batch.rounds for item in items}) == 5
    assert _fates(ledger) == {"2": "landed", "5": fate.value, "7": "landed"}


@pytest.mark.parametrize("answer", [None, _failed("ProtocolError")], ids=["lost", "failed"])
@pytest.mark.parametrize("tries", range(2, MAX_TRIES + 1))
def test_given_a_later_try_that_lands_then_it_has_landed(answer: Answer, tries: int) -> None:
    batch = Batch(_items("top"), lambda item: LANDED if item.tries == tries else answer)
    ledger = batch.settle()
    assert set(_fates(ledger).values()) == {"landed"}
    entry = _entry(ledger, "5")
    assert entry == Entry(entry.item, Fate.LANDED, LANDED)
    assert entry.item.tries == len(batch.rounds) == tries


def test_given_a_later_try_with_another_failure_then_the_last_one_is_told() -> None:
    last = _failed("ExportRejectedError")
    batch = Batch(_items(["Solo"]), lambda item: None if item.tries == 1 else last)
    entry = _entry(batch.settle(), "7")
    assert (entry.fate, entry.failure, entry.item.tries) == (Fate.FAILED, last.failure, 2)


def test_given_a_try_that_shows_that_it_is_too_large_then_it_is_split() -> None:
    batch = Batch(
        _items(["Platform"]),
        lambda item: (
            (None if item.tries == 1 else _failed(TOO_LARGE)) if item.team == "2" else LANDED
        ),
    )
    ledger = batch.settle()
    assert _fates(ledger) == {"2": "split", "3": "landed", "4": "landed"}
    assert [_teams(items) for items in batch.rounds] == [["2"], ["2"], ["3", "4"]]
    assert {item.tries for item in batch.rounds[2]} == {1}


def test_given_parts_that_are_too_large_then_they_are_split_in_turn() -> None:
    batch = Batch(_items("none"), _of({None: _failed(TOO_LARGE), "2": _failed(TOO_LARGE)}))
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
    platform = _entry(ledger, "2")
    assert platform.replaced_by == (_entry(ledger, "3").item.id, _entry(ledger, "4").item.id)
    assert platform.item.replaces == _entry(ledger, None).item.id


def test_given_a_part_that_is_in_the_run_already_then_it_is_not_run_twice() -> None:
    batch = Batch(_items("none", ["Platform"]), _of({None: _failed(TOO_LARGE)}))
    ledger = batch.settle()
    assert [_teams(items) for items in batch.rounds] == [[None, "2"], ["5", "7"]]
    whole = _entry(ledger, None)
    assert (whole.fate, len(whole.replaced_by)) == (Fate.SPLIT, 3)
    assert _entry(ledger, "2").item.id in whole.replaced_by
    assert Counter(map(len, batch.ended.values())) == {1: 4}


def test_given_parts_that_are_all_in_the_run_already_then_it_is_split_without_another_round() -> (
    None
):
    batch = Batch(_items("none", "top"), _of({None: _failed(TOO_LARGE)}))
    ledger = batch.settle()
    assert len(batch.rounds) == 1
    assert _fates(ledger) == {None: "split", "2": "landed", "5": "landed", "7": "landed"}


def test_given_a_part_in_the_run_that_is_tried_again_then_it_is_one_item_of_the_next_round() -> (
    None
):
    batch = Batch(
        _items("none", ["Platform"]),
        lambda item: {None: _failed(TOO_LARGE), "2": None if item.tries == 1 else LANDED}.get(
            item.team, LANDED
        ),
    )
    ledger = batch.settle()
    assert sorted(map(str, _teams(batch.rounds[1]))) == ["2", "5", "7"]
    assert [item.tries for item in batch.rounds[1] if item.team == "2"] == [2]
    assert {entry.fate for entry in ledger.entries.values()} == {Fate.SPLIT, Fate.LANDED}


def test_given_a_part_that_fails_then_the_whole_is_split_and_the_part_failed() -> None:
    batch = Batch(
        _items("none"), _of({None: _failed(TOO_LARGE), "5": _failed("ExportRejectedError")})
    )
    assert _fates(batch.settle()) == {None: "split", "2": "landed", "5": "failed", "7": "landed"}


def test_given_a_tree_deeper_than_there_are_rounds_then_the_last_team_is_told_as_failed() -> None:
    tree = row_tree(chain(MAX_ROUNDS + 5))
    batch = Batch(_items("none", tree=tree), lambda _: _failed(TOO_LARGE), tree)
    ledger = batch.settle()
    assert len(batch.rounds) == MAX_ROUNDS
    fates = [entry.fate for entry in ledger.entries.values()]
    assert fates == [Fate.SPLIT] * (MAX_ROUNDS - 1) + [Fate.FAILED]


def test_given_no_more_rounds_then_what_is_lost_in_the_last_one_is_missing() -> None:
    tree = row_tree(chain(MAX_ROUNDS + 5))
    last = str(MAX_ROUNDS)
    batch = Batch(
        _items("none", tree=tree), lambda it: None if it.team == last else _failed(TOO_LARGE), tree
    )
    ledger = batch.settle()
    assert _entry(ledger, last).fate is Fate.MISSING
    assert len(batch.rounds) == MAX_ROUNDS


def test_given_the_same_twice_when_balanced_then_the_account_is_the_same() -> None:
    batch = Batch(_items("none", "top"), _of({None: _failed(TOO_LARGE), "2": None, "5": None}))
    first = batch.step(batch.first)
    again = balance(batch.rounds, batch.outcomes, batch.parts, RUN)
    assert first == again
    assert first.following


def test_the_simulation_has_as_many_rounds_as_there_are() -> None:
    assert scale.MAX_ROUNDS == MAX_ROUNDS


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

    def answer(self, item: Item) -> Answer:
        """What becomes of an item, which knows how often it was tried."""
        team = self.team(item).id
        if item.tries <= self.lost.get(team, 0):
            return None
        if item.tries <= self.lost.get(team, 0) + self.flaky.get(team, 0):
            return _failed("ServiceUnavailableError")
        if team in self.refused:
            return _failed("ExportRejectedError")
        return _failed(TOO_LARGE) if team in self.too_large else LANDED

    def team(self, item: Item) -> Team:
        """The team of an item."""
        found = self.tree.root if item.team is None else self.tree.find(item.team)
        assert found
        return found

    def leaves(self, item: Item) -> list[str]:
        """Ids of the leaves that an item covers."""
        return [leaf.id for leaf in self.tree.leaves(self.team(item))]


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


def _check(world: World, batch: Batch, ledger: Ledger) -> None:
    """What is true of every batch that has ended."""
    final = [entry for entry in ledger.entries.values() if entry.fate is not Fate.SPLIT]
    run = {item.id for items in batch.rounds for item in items}
    assert ledger.entries.keys() == run
    # No execution twice, no item more often than it may be, each in one round once.
    names = [item.name for items in batch.rounds for item in items]
    assert len(names) == len({*names})
    assert max(map(len, batch.ended.values())) <= MAX_TRIES
    for key, entry in ledger.entries.items():
        answers = batch.ended[key]
        assert entry.item.tries == len(answers)
        # Exactly what landed at last counts as landed, and what was never heard of as missing.
        assert (entry.fate is Fate.LANDED) == (answers[-1] == LANDED)
        assert (entry.fate is Fate.MISSING) == (answers[-1] is None)
        assert (entry.failure is None) == (entry.fate is Fate.LANDED)
        assert {*entry.replaced_by} <= run
        assert bool(entry.replaced_by) == (entry.fate is Fate.SPLIT)
        if entry.fate is Fate.SPLIT:
            parts = {team.id for team in world.team(entry.item).children}
            assert {ledger.entries[part].item.team for part in entry.replaced_by} == parts
        elif len(batch.rounds) < MAX_ROUNDS:
            _check_end(world, entry)
    landed = {world.team(it.item).id for it in final if it.fate is Fate.LANDED}
    for team in landed:
        assert not landed & {outer.id for outer in world.tree.ancestors(team)}


def _check_end(world: World, entry: Entry) -> None:
    """There was no round too few: whatever could still be done was done."""
    team = world.team(entry.item)
    misses = world.lost.get(team.id, 0)
    if misses >= MAX_TRIES:
        assert (entry.fate, entry.item.tries) == (Fate.MISSING, MAX_TRIES)
    elif misses + world.flaky.get(team.id, 0) >= MAX_TRIES:
        assert (entry.fate, entry.item.tries) == (Fate.FAILED, MAX_TRIES)
    elif team.id in world.refused:
        assert entry.fate is Fate.FAILED
    elif team.id in world.too_large:
        assert (entry.fate, team.children) == (Fate.FAILED, ())
    else:
        assert entry.fate is Fate.LANDED


@settings(max_examples=300)
@given(world=worlds())
def test_whatever_happens_each_leaf_is_in_one_final_item_and_only_what_landed_has_landed(
    world: World,
) -> None:
    batch = Batch(_items("none", tree=world.tree, report="sprint"), world.answer, world.tree)
    ledger = batch.settle()
    _check(world, batch, ledger)
    final = [entry for entry in ledger.entries.values() if entry.fate is not Fate.SPLIT]
    covered = Counter(leaf for entry in final for leaf in world.leaves(entry.item))
    assert covered == Counter(world.leaves(batch.first[0]))


@settings(max_examples=200)
@given(data=st.data())
def test_whatever_is_asked_for_beside_the_whole_no_leaf_is_left_out(data: st.DataObject) -> None:
    world = data.draw(worlds())
    also: list[JsonValue] = [team.id for team in data.draw(antichains(world.tree))]
    batch = Batch(_items("none", also, tree=world.tree), world.answer, world.tree)
    ledger = batch.settle()
    final = [entry for entry in ledger.entries.values() if entry.fate is not Fate.SPLIT]
    covered = {leaf for entry in final for leaf in world.leaves(entry.item)}
    assert covered == {leaf.id for leaf in world.tree.leaves(world.tree.root)}
    names = [item.name for items in batch.rounds for item in items]
    assert len(names) == len({*names})
    for key, entry in ledger.entries.items():
        assert (entry.fate is Fate.LANDED) == (batch.ended[key][-1] == LANDED)
        assert (entry.fate is Fate.MISSING) == (batch.ended[key][-1] is None)
