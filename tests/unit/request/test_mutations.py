"""One thing wrong with a valid request of any report is told as that one thing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.input.kinds import Field, Flag, Group, Names, Number, Text, Word
from sei_export.jsontypes import JsonObject, JsonValue, is_count
from sei_export.request.reports import REPORTS, Report, Scope
from tests.fakes.request_strategies import names, requests, team_ids
from tests.fakes.samples import problems

type Junk = st.SearchStrategy[JsonValue]
type Path = tuple[str | int, ...]

NOT_TEXT: Junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(), max_size=2),
    st.just({"a": 1}),
)
NO_NAME: Junk = NOT_TEXT | st.text("\n\t\0 \ud800\u2028")
NO_ID: Junk = NO_NAME.filter(lambda value: not is_count(value))
NO_NUMBERS = ("Platform", "4 5", "-1", "4.5", "٣", "exp_7a8b", "1" * 21)
NO_WORD: Junk = NOT_TEXT | st.text("qxz", min_size=1)
NO_OBJECT: Junk = st.text() | st.integers() | st.booleans() | st.just([])
NO_LIST: Junk = st.text() | st.integers() | st.just({}) | st.just({"PR_MERGED": True})
NO_NUMBER: Junk = (
    st.none()
    | st.booleans()
    | st.integers(max_value=-1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just([1])
)
NO_FLAG: Junk = st.none() | st.integers() | st.sampled_from(["true", "false", "", "yes"])
ANYTHING: Junk = NOT_TEXT | st.text()
ANOTHER: Junk = st.just("a name longer than any that is drawn")
"""Valid, but not what the request says in the other place."""


class _Absent:
    """In the place of junk: the field is left out."""


ABSENT = _Absent()


@dataclass(frozen=True)
class Mutation:
    """A field that is made wrong.

    Attributes:
        path: Where.
        junk: What is put there.
        told: The problem's path, where it is another than `path`.
    """

    path: Path
    junk: Junk | _Absent
    told: str = ""

    @property
    def shown(self) -> str:
        """The path as messages write it."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return self.told or "".join(steps).removeprefix(".")

    def apply(self, draw: Callable[[Junk], JsonValue], given_input: JsonObject) -> None:
        """Make the input wrong."""
        node: JsonValue = given_input
        for step in self.path[:-1]:
            node = _step(node, step)
        last = self.path[-1]
        if isinstance(node, list):
            assert isinstance(last, int)
            assert not isinstance(self.junk, _Absent)
            node[last] = draw(self.junk)
        else:
            assert isinstance(node, dict)
            assert isinstance(last, str)
            if isinstance(self.junk, _Absent):
                del node[last]
            else:
                node[last] = draw(self.junk)


def _step(node: JsonValue, step: str | int) -> JsonValue:
    if isinstance(node, list):
        assert isinstance(step, int)
        return node[step]
    assert isinstance(node, dict)
    assert isinstance(step, str)
    return node[step]


def _junk(field: Field) -> Junk:
    match field:
        case Word():
            return NO_WORD
        case Names():
            return NO_LIST
        case Text():
            return NO_ID if field.or_number else NO_NAME
        case Number():
            return NO_NUMBER
        case Flag():
            return NO_FLAG
        case Group():
            return NO_OBJECT


def _of_fields(fields: tuple[Field, ...], at: Path = ()) -> Iterator[Mutation]:
    yield Mutation((*at, "zzz"), ANYTHING)
    for field in fields:
        path: Path = (*at, field.name)
        yield Mutation(path, _junk(field))
        if field.required:
            yield Mutation(path, ABSENT)
            yield Mutation(path, st.none())
        if isinstance(field, Group):
            yield from _of_fields(field.fields, path)
        elif isinstance(field, Names):
            yield Mutation((*path, 0), NO_WORD if field.allowed else NO_NAME)
            if field.required:
                yield Mutation(path, st.just([]))
        if isinstance(field, Word | Names):
            for alias in field.aliases:
                yield Mutation((*at, alias), _junk(field))


def _object(**fields: Junk | st.SearchStrategy[str]) -> Junk:
    drawn: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(dict[str, Junk](fields))
    return drawn


def _of_scope(rule: Scope) -> Iterator[Mutation]:
    for name, junk in (("orgTreeName", NO_NAME), ("teamId", NO_ID | st.sampled_from(NO_NUMBERS))):
        yield Mutation(("scope",), _object(**{name: junk}), told=f"scope.{name}")
    yield Mutation(("scope",), NO_OBJECT)
    yield Mutation(("scope", "zzz"), ANYTHING)
    if rule is Scope.TREE_OR_TEAM:
        yield Mutation(("scope",), _object(orgTreeName=names, teamId=team_ids))
        yield Mutation(("scope", "orgIdentifier"), NO_NAME)
        yield Mutation(("scope", "projectIdentifier"), NO_NAME)
        for name in ("orgIdentifier", "projectIdentifier"):
            yield Mutation((name,), ANOTHER, told=f"scope.{name}")
            yield Mutation(("scope", name), ANOTHER)
        mixed = _object(teamId=team_ids, orgIdentifier=names)
        yield Mutation(("scope",), mixed, told="scope.orgIdentifier")
    else:
        yield Mutation(("scope", "orgIdentifier"), ANYTHING)


def _of_dates(report: Report) -> Iterator[Mutation]:
    reversed_range = _object(start=st.just("2024-01-02"), end=st.just("2024-01-01"))
    yield Mutation(("dateRange",), ABSENT)
    yield Mutation(("dateRange",), NO_OBJECT)
    yield Mutation(("dateRange",), reversed_range, told="dateRange.start")
    yield Mutation(("dateRange", "zzz"), ANYTHING)
    yield Mutation(("dateRange", "start"), NO_WORD)
    yield Mutation(("dateRange", "end"), NO_WORD)
    # A legacy report's two forms exclude each other; others know the one form only.
    yield Mutation(("dateStart",), ANYTHING, told="dateRange" if report.is_legacy else "dateStart")


def _of(report: Report) -> Iterator[Mutation]:
    yield Mutation(("report",), NO_WORD)
    yield Mutation(("orgIdentifier",), NO_NAME)
    yield Mutation(("projectIdentifier",), NO_NAME)
    yield Mutation(("scheduledTime",), NO_WORD.filter(lambda value: value is not None))
    yield from _of_fields(report.fields)
    yield from _of_dates(report)
    if report.scope is Scope.COLLECTION:
        yield Mutation(("scope",), ANYTHING)
    else:
        yield from _of_scope(report.scope)


MUTATIONS = [
    pytest.param(report, mutation, id=f"{report.name} {mutation.shown}")
    for report in REPORTS.values()
    for mutation in _of(report)
]


@pytest.mark.parametrize(("report", "mutation"), MUTATIONS)
@settings(max_examples=5)
@given(data=st.data())
def test_given_one_wrong_field_of_a_valid_request_then_it_is_the_one_problem(
    report: Report, mutation: Mutation, data: st.DataObject
) -> None:
    mutated = data.draw(requests(report, full=True))
    mutation.apply(data.draw, mutated)
    (problem,) = problems(mutated)
    assert problem.split(" ", 1)[0] == mutation.shown


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=20)
@given(data=st.data())
def test_given_several_wrong_fields_then_each_is_told(report: Report, data: st.DataObject) -> None:
    given_input = data.draw(requests(report, full=True))
    picked = data.draw(
        st.lists(st.sampled_from([*_of_fields(report.fields)]), min_size=2, max_size=4)
    )
    # One wrong field inside of another, or the same one twice, would hide it.
    mutations = {mutation.path[0]: mutation for mutation in picked}
    for mutation in mutations.values():
        mutation.apply(data.draw, given_input)
    told = sorted(problem.split(" ", 1)[0] for problem in problems(given_input))
    assert told == sorted(mutation.shown for mutation in mutations.values())
