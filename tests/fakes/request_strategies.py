"""Hypothesis strategies for valid requests of every report, derived from the table of reports."""

from datetime import timedelta

from hypothesis import strategies as st

from sei_export.input.kinds import Field, Flag, Group, Names, Number, Text, Word, all_names
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, Report, Scope
from tests.fakes.samples import STARTED_AT

type Texts = st.SearchStrategy[str]

SOME_METRICS = ("CODING_DAYS", "PR_MERGED", "LOC_ADDED", "REWORK_PERCENT", "Some_New_Metric")
SOME_STATUSES = ("In Progress", "in progress", "QA", "Done", "完了")

names = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda name: bool(name.strip()))
"""Names of organizations and trees, in any script."""

few_names = st.sampled_from(("1", "01", "1:2", "a", "A", "_", "a/b"))
"""Names that are easily taken for one another."""

team_ids = st.sampled_from(("1", "01", "10")) | st.integers(0, 10**20 - 1).map(str)
"""Ids of teams, as texts."""

_OVER = st.dates(max_value=STARTED_AT.date() - timedelta(days=1))
"""Days that any batch and execution of the tests finds over."""

any_report = st.sampled_from(list(REPORTS.values()))


def some_names(field: Names) -> tuple[str, ...]:
    """Names for a list: those of the table, or examples where any name is allowed."""
    return field.allowed or (SOME_METRICS if field.any_case else SOME_STATUSES)


@st.composite
def requests(
    draw: st.DrawFn, report: Report, *, full: bool = False, named: Texts = names
) -> JsonObject:
    """A valid input with absolute dates.

    Args:
        draw: Given by hypothesis.
        report: Which report.
        full: With every field, by its own name, no list empty, and an org tree as the scope.
        named: Names of organizations, projects and trees, and collections.
    """
    start, end = sorted(draw(st.tuples(_OVER, _OVER)))
    given: JsonObject = {
        "report": report.name,
        "dateRange": {"start": start.isoformat(), "end": end.isoformat()},
        **draw(_fields(report.fields, full=full, named=named)),
    }
    if report.scope is not Scope.COLLECTION and (full or draw(st.booleans())):
        given["scope"] = draw(_scope(report.scope, full=full, named=named))
    scope = given.get("scope")
    for name in ("orgIdentifier", "projectIdentifier"):
        if full or draw(st.booleans()):
            # Named in the scope too, it is the same one.
            inside = scope.get(name) if isinstance(scope, dict) else None
            given[name] = inside or draw(named)
    return given


@st.composite
def _scope(draw: st.DrawFn, rule: Scope, *, full: bool, named: Texts) -> JsonObject:
    of_tree: tuple[str, ...] = ("orgTreeName", "teamId")
    if rule is Scope.TREE_OR_TEAM:
        if not full and draw(st.booleans()):
            return {"teamId": draw(team_ids)}
        of_tree = ("orgTreeName", "orgIdentifier", "projectIdentifier")
    return {
        name: draw(team_ids if name == "teamId" else named)
        for name in of_tree
        if full or draw(st.booleans())
    }


@st.composite
def _fields(draw: st.DrawFn, fields: tuple[Field, ...], *, full: bool, named: Texts) -> JsonObject:
    given: JsonObject = {}
    for field in fields:
        # A group that is absent lacks what is required in it.
        needed = isinstance(field, Group) and any(inner.required for inner in field.fields)
        if full or field.required or needed or draw(st.booleans()):
            name = field.name if full else draw(st.sampled_from(all_names(field)))
            given[name] = draw(_value(field, full=full, named=named))
    return given


def _value(field: Field, *, full: bool, named: Texts) -> st.SearchStrategy[JsonValue]:
    match field:
        case Word():
            return st.sampled_from(field.allowed)
        case Names():
            at_least = int(full or field.required)
            return st.lists(st.sampled_from(some_names(field)), min_size=at_least, max_size=6)
        case Text():
            return named
        case Number():
            return st.integers(0, 10**12)
        case Flag():
            return st.booleans()
        case Group():
            return _fields(field.fields, full=full, named=named)


@st.composite
def rewritten(draw: st.DrawFn, report: Report, given: JsonObject) -> JsonObject:
    """The same request in other words: order, case, aliases, repeats, white space, date form."""
    again = draw(_rewritten_fields(report.fields, given))
    span = again.get("dateRange")
    if report.is_legacy and isinstance(span, dict) and draw(st.booleans()):
        del again["dateRange"]
        again |= {"dateStart": span["start"], "dateEnd": span["end"]}
    for name in ("orgIdentifier", "projectIdentifier"):
        if name in again:
            again[name] = _padded(draw, str(again[name]))
    scope = again.get("scope")
    if isinstance(scope, dict):
        again["scope"] = {name: _padded(draw, str(value)) for name, value in scope.items()}
    return _shuffled(draw, again)


@st.composite
def _rewritten_fields(draw: st.DrawFn, fields: tuple[Field, ...], given: JsonObject) -> JsonObject:
    again = {**given}
    for field in fields:
        for name in all_names(field):
            if name not in given:
                continue
            value = again.pop(name)
            if isinstance(field, Names) and isinstance(value, list):
                again |= _rewritten_list(draw, field, [str(text) for text in value])
            elif isinstance(field, Word):
                again[draw(st.sampled_from(all_names(field)))] = _recased(draw, str(value))
            elif isinstance(field, Group) and isinstance(value, dict):
                again[name] = draw(_rewritten_fields(field.fields, value))
            elif isinstance(field, Text):
                again[name] = _padded(draw, str(value))
            else:
                again[name] = value
    return _shuffled(draw, again)


def _rewritten_list(draw: st.DrawFn, field: Names, listed: list[str]) -> JsonObject:
    """A list in another order and with repeats, perhaps in two parts under two names."""
    repeats = draw(st.lists(st.sampled_from(listed), max_size=2)) if listed else []
    write = _recased if field.any_case else _padded
    texts: list[JsonValue] = [
        write(draw, text) for text in draw(st.permutations([*listed, *repeats]))
    ]
    if not field.aliases or field.required:
        return {field.name: texts}
    cut = draw(st.integers(0, len(texts)))
    return {field.name: texts[:cut], field.aliases[0]: texts[cut:]}


def _recased(draw: st.DrawFn, text: str) -> str:
    how = draw(st.sampled_from((str.lower, str.upper, str.title, str.swapcase)))
    return _padded(draw, how(text))


def _padded(draw: st.DrawFn, text: str) -> str:
    return f"{draw(st.sampled_from(('', ' ')))}{text}{draw(st.sampled_from(('', ' ')))}"


def _shuffled(draw: st.DrawFn, given: JsonObject) -> JsonObject:
    return {name: given[name] for name in draw(st.permutations(list(given)))}
