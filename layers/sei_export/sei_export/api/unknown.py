"""Whether a refusal says that the API does not know an option, in the words of common servers.

No page documents the words. A refusal of the option's value reads much alike and must not be taken
for one: by another name the same value might be ignored. So an option counts as unknown only where
it is named right beside what says so, in a sentence without a word of its value.
"""

import re
from collections.abc import Iterator
from itertools import islice

from sei_export.jsontypes import JsonValue

_MOST_TEXTS, _MOST_CHARACTERS = 200, 2_000
"""Of an answer; a refusal that says more says the first of it first."""

_KIND = r"(?:option|field|propert(?:y|ie)|parameter|param|key|argument|attribute|input)s?(?:\(s\))?"
_STRANGE = r"(?:unknown|unrecogni[sz]ed|unexpected|unsupported|undefined)"
_BEFORE = (
    rf"\b(?:{_STRANGE}|extra|additional|invalid|illegal|no such)\s+(?:\w+\s+){{0,2}}?{_KIND}"
    r"[\s:='\"`(\[{]*(?:(?:named|called)\W+)?(?:[\w$]+[./])*"
)
_BEHIND = (
    r"['\"`)\]:\s-]*\b(?:(?:is|was)\s+)?(?:an?\s+)?(?:"
    rf"(?:{_STRANGE}|invalid\s+(?={_KIND}))(?:\s*{_KIND})?(?=\W*$|[.,;)]|\s+(?:in|for|on|at)\b)"
    rf"|not\s+(?:an?\s+)?(?:known|recogni[sz]ed|supported|permitted|allowed|defined|valid\s+{_KIND})\b"
    r"|(?:should|does|must)\s+not\s+(?:exist|be\s+present)"
    rf"|(?:extra|additional)\s+{_KIND}\s+(?:are\s+)?not\s+(?:permitted|allowed))"
)
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
    says_so = re.compile(rf"{_BEFORE}{name}\b|\b{name}\b{_BEHIND}", re.IGNORECASE)
    is_of_value = re.compile(rf"{_OF_A_VALUE}|\b{re.escape(value)}\b", re.IGNORECASE)
    texts = [text] if answer is None else islice(_texts(answer, option), _MOST_TEXTS)
    return any(
        says_so.search(sentence) and not is_of_value.search(sentence)
        for said in texts
        for sentence in _SENTENCE_END.split(said[:_MOST_CHARACTERS])
    )


def _texts(answer: JsonValue, option: str) -> Iterator[str]:
    """Every text in an answer; where one is a place that is the option, the texts beside, too."""
    rest = [answer]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            rest += reversed(value)
        elif isinstance(value, dict):
            beside = [*value.values()]
            if any(_is_place(each, option) for each in beside):
                yield from (f"{option}: {each}" for each in beside if isinstance(each, str))
            rest += reversed(beside)


def _is_place(value: JsonValue, option: str) -> bool:
    """Whether a value says where something is, as `options.metricLevel` or a list of steps."""
    last = value[-1] if isinstance(value, list) and value else value
    return isinstance(last, str) and re.split(r"[./]", last)[-1].lower() == option.lower()
