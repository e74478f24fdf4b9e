"""The report of a run: structure only, so that it can be shown to anybody."""

from collections.abc import Iterable, Iterator

from local.live.findings import Findings
from local.live.page import Question
from local.live.shapes import others


def written(findings: Findings, questions: Iterable[Question], end: str) -> str:
    """Return the report.

    Args:
        findings: What was found.
        questions: Those of docs/vendor.md.
        end: How the run ended.
    """
    return "\n".join(
        [
            *("# What the API answers", "", end, ""),
            *("## Open questions", "", "| question | answer | taken |", "|---|---|---|"),
            *_answers(findings, questions),
            *("", "## Not in docs/vendor.md", ""),
            *_news(findings),
            *("", "## What answers look like", ""),
            *_seen(findings),
            "",
        ]
    )


def _answers(findings: Findings, questions: Iterable[Question]) -> Iterator[str]:
    for question in questions:
        answers = findings.answers.get(question.id, [])
        told = ", ".join(answers) if answers else "not asked" if question.is_asked else "open"
        strange = [each for each in answers if question.taken and each not in question.taken]
        taken = f"**no: {', '.join(strange)}**" if strange else "yes" if answers else ""
        yield f"| `{question.id}` | {told} | {taken} |"


def _news(findings: Findings) -> Iterator[str]:
    count = len(findings.fields - findings.known)
    statuses = [str(status) for status in sorted(findings.statuses)]
    strange = [each for each in statuses if each not in findings.known]
    yield f"- fields: {others(count) if count else 'none'}"
    yield f"- statuses: {', '.join(strange) or 'none'}"


def _seen(findings: Findings) -> Iterator[str]:
    for call, lines in findings.seen.items():
        yield f"- {call}"
        yield from (f"  - {line}" for line in lines)
