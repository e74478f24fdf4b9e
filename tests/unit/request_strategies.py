"""Hypothesis strategies for valid productivity requests."""

from hypothesis import strategies as st

from sei_export.jsontypes import JsonObject, JsonValue

GROUPS = ("activity", "velocity", "volume", "quality", "collaboration")
METRICS = ("CODING_DAYS", "PR_MERGED", "LOC_ADDED", "REWORK_PERCENT", "Some_New_Metric")
OPTIONS = {
    "metricLevel": ("developer", "team"),
    "aggregation": ("mean",),
    "granularity": ("weekly", "monthly", "quarterly"),
    "format": ("csv",),
}

names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "),
    min_size=1,
    max_size=12,
).filter(lambda name: bool(name.strip()))
"""Names of organizations, trees and teams, in any script."""


def _lists(allowed: tuple[str, ...], at_least: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(allowed), min_size=at_least, max_size=6)


@st.composite
def requests(draw: st.DrawFn, *, full: bool = False) -> JsonObject:
    """A valid input with absolute dates; `full` has every field."""

    def wanted() -> bool:
        return full or draw(st.booleans())

    start, end = sorted(draw(st.tuples(st.dates(), st.dates())))
    given: JsonObject = {
        "report": "productivity",
        "dateRange": {"start": start.isoformat(), "end": end.isoformat()},
    }
    scope: JsonObject = {name: draw(names) for name in ("orgTreeName", "teamId") if wanted()}
    options: JsonObject = {
        name: draw(st.sampled_from(allowed)) for name, allowed in OPTIONS.items() if wanted()
    }
    lists: dict[str, list[str]] = {
        "metricGroups": draw(_lists(GROUPS, int(full))),
        "metrics": draw(_lists(METRICS, int(full))),
    }
    parts: JsonObject = {
        "scope": scope,
        "options": options,
        "orgIdentifier": draw(names),
        "projectIdentifier": draw(names),
        **{name: list[JsonValue](values) for name, values in lists.items()},
    }
    given.update({name: part for name, part in parts.items() if wanted()})
    return given


def full_requests() -> st.SearchStrategy[JsonObject]:
    """A valid input with every field."""
    return requests(full=True)


@st.composite
def rewritten(draw: st.DrawFn, given: JsonObject) -> JsonObject:
    """The same request in other words: another order, other case, repeats, white space."""

    def shuffled(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: shuffled(value[name]) for name in draw(st.permutations(list(value)))}
        return value

    def recased(text: str) -> str:
        how = draw(st.sampled_from((str.lower, str.upper, str.title, str.swapcase)))
        return f"{draw(st.sampled_from(('', ' ')))}{how(text)}{draw(st.sampled_from(('', ' ')))}"

    again = {**given}
    for name in ("metricGroups", "metrics"):
        listed = given.get(name)
        if isinstance(listed, list):
            texts = [text for text in listed if isinstance(text, str)]
            repeats = draw(st.lists(st.sampled_from(texts), max_size=2)) if texts else []
            again[name] = [recased(text) for text in draw(st.permutations([*texts, *repeats]))]
    options = given.get("options")
    if isinstance(options, dict):
        again["options"] = {
            name: recased(value) for name, value in options.items() if isinstance(value, str)
        }
    result = shuffled(again)
    assert isinstance(result, dict)
    return result
