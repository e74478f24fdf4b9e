"""Whether a refusal says that the API does not know an option, in the words of common servers.

No page documents the words. A refusal of the option's value reads much alike and must not be taken
for one: by another name the same value might be ignored. So an option counts as unknown only where
it is named right beside what says so, in a sentence without a word of its value. What may be said
of a value, too, such as "not supported", has to end its sentence, and has no such word beside it.
"""

import re
from collections.abc import Iterator

from sei_export.jsontypes import JsonValue

_MOST_TEXTS, _MOST_CHARACTERS = 200, 2_000
"""Of an answer; a refusal that says more says the first of it first."""

_KEY = r"field|propert(?:y|ie)|key|attribute"
_INPUT = r"parameter|param|argument|input"
_PLURAL = r"s?(?:\(s\))?"
_KIND = rf"(?:option|{_KEY}|{_INPUT}){_PLURAL}"
_INVALID_KIND = rf"(?:option|{_KEY}){_PLURAL}"
"""An invalid parameter, argument or input may be one that has a wrong value."""

_UNKNOWN = r"(?:unknown|unrecogni[sz]ed|undefined)"
_STRANGE = rf"(?:{_UNKNOWN}|unexpected|unsupported)"
_TOO_MANY = r"(?:extra|additional)"
_FEW_WORDS = r"\s+(?:\w+\s+){0,2}?"
_TO_THE_NAME = r"[\s:='\"`(\[{]*(?:(?:named|called)\W+)?(?:[\w$]+[./])*"
_BEFORE = rf"\b(?:{_UNKNOWN}|unexpected|{_TOO_MANY}|no such){_FEW_WORDS}{_KIND}{_TO_THE_NAME}"
_BEFORE_AT_END = (
    rf"\b(?:unsupported{_FEW_WORDS}{_KIND}|(?:invalid|illegal){_FEW_WORDS}{_INVALID_KIND})"
    rf"{_TO_THE_NAME}"
)
_BEHIND = (
    r"['\"`)\]:\s-]*\b(?:(?:is|was)\s+)?(?:an?\s+)?(?:"
    rf"(?:{_UNKNOWN}|unexpected)(?:\s*{_KIND})?(?=\W*$|[.,;)]|\s+(?:in|on|at)\b)"
    rf"|{_UNKNOWN}(?:\s*{_KIND})?\s+for\b"
    rf"|(?:unsupported(?:\s*{_KIND})?|invalid\s+{_INVALID_KIND})(?=\W*$)"
    r"|not\s+(?:an?\s+)?(?:known|recogni[sz]ed|defined)\b"
    rf"|not\s+(?:an?\s+)?(?:(?:supported|permitted|allowed)(?:\s+{_KIND})?"
    rf"|valid\s+{_INVALID_KIND})(?=\W*$)"
    r"|(?:should|does|must)\s+not\s+(?:exist|be\s+present)(?=\W*$)"
    rf"|{_TOO_MANY}\s+{_KIND}\s+(?:are\s+)?not\s+(?:permitted|allowed))"
)
_OF_NO_VALUE = re.compile(
    rf"\b(?:{_STRANGE}|{_TOO_MANY}|no such){_FEW_WORDS}(?:{_KEY}|{_INPUT}){_PLURAL}", re.IGNORECASE
)
"""What is said of an option only, also where its value stands beside."""

_OF_A_VALUE = r"\b(?:values?|one of|must be|should be)\b"
_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+|\n")


def is_unknown(option: str, value: str, answer: JsonValue, text: str) -> bool:
    """Tell whether the API refuses an option because it does not know it.

    Args:
        option: Its name, as it was sent; the answer may have it in any case.
        value: What was sent as its value.
        answer: The answer's JSON; None where it is none.
        text: The answer as it is, for one that is no JSON.
    """
    name = re.escape(option)
    says_so = re.compile(
        rf"{_BEFORE}{name}\b|{_BEFORE_AT_END}{name}\W*$|\b{name}\b{_BEHIND}", re.IGNORECASE
    )
    # Where a dot joins it to more, as in a class's name, it is no value.
    is_of_value = re.compile(
        rf"{_OF_A_VALUE}|(?<!\w\.)\b{re.escape(value)}\b(?!\.\w)", re.IGNORECASE
    )
    groups = [[text[:_MOST_CHARACTERS]]] if answer is None else _groups(answer, option)
    return any(
        says_so.search(sentence)
        and not is_of_value.search(sentence)
        and (_OF_NO_VALUE.search(sentence) or not any(map(is_of_value.search, group)))
        for group in groups
        for said in group
        for sentence in _SENTENCE_END.split(said)
    )


def _groups(answer: JsonValue, option: str) -> Iterator[list[str]]:
    """The texts in an answer, those of one object together, up to so many and so long.

    Where one says that its place is the option, the others are said of the option.
    """
    rest, left = [answer], _MOST_TEXTS
    while rest and left > 0:
        value = rest.pop()
        inside = [*value.values()] if isinstance(value, dict) else [value]
        group = [each[:_MOST_CHARACTERS] for each in inside if isinstance(each, str)][:left]
        left -= len(group)
        if isinstance(value, dict) and any(_is_place(each, option) for each in inside):
            group += [f"{option}: {each}" for each in group]
        yield group
        if isinstance(value, list):
            rest += reversed(value)
        elif isinstance(value, dict):
            rest += reversed([each for each in inside if not isinstance(each, str)])


def _is_place(value: JsonValue, option: str) -> bool:
    """Whether a value says where something is, as `options.metricLevel` or a list of steps."""
    last = value[-1] if isinstance(value, list) and value else value
    return isinstance(last, str) and re.split(r"[./]", last)[-1].lower() == option.lower()
