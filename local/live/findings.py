"""What was found: answers by the question's id, and what was seen on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Findings:
    """What a run has found so far.

    Attributes:
        known: The words that docs/vendor.md has.
        answers: By question: short words of our own.
        seen: By call: what its answers look like.
        fields: Names of fields that answers had; only those that are known may be told.
        statuses: That answers had.
    """

    known: set[str]
    answers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    seen: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    fields: set[str] = field(default_factory=set[str])
    statuses: set[int] = field(default_factory=set[int])

    def answer(self, question: str, *answers: str) -> None:
        """Note what a question's answer is."""
        known = self.answers.setdefault(question, [])
        known += [each for each in answers if each not in known]

    def look(self, call: str, status: int, shape: str, fields: Iterable[str]) -> None:
        """Note what a call's answer looks like."""
        line = f"{status} {shape}"
        known = self.seen.setdefault(call, [])
        if line not in known:
            known.append(line)
        self.fields.update(fields)
        self.statuses.add(status)
