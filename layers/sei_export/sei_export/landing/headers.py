"""Telling a header from a line of text: errors are sent as files, too."""

from sei_export.landing.csvcheck import CsvFacts, no_csv

_DOCUMENTED = frozenset(
    name.casefold()
    for name in (
        *("Granularity", "Team", "Team_Hierarchy", "Start_Date", "End_Date", "Collection Name"),
        *("CODING_DAYS", "PR_CYCLE_TIME_DAYS_AVG", "AVG_TIME_TO_COMPLETE", "PR_VELOCITY"),
        *("PR_MERGED", "PR_MERGED_SMALL", "PR_MERGED_MEDIUM", "PR_MERGED_LARGE", "LOC_ADDED"),
        *("LOC_REMOVED", "WORK_COMPLETED", "WORK_FEATURES_COMPLETED", "WORK_BUGS_COMPLETED"),
        *("WORK_OTHER_COMPLETED", "REWORK_PERCENT", "REWORK_PERCENT_RECENT", "LOC_TOTAL"),
        *("REWORK_PERCENT_LEGACY", "LOC_REFACTORED", "LOC_REFACTORED_RECENT"),
        *("LOC_REFACTORED_LEGACY", "PR_MISSING_TICKETS", "REVIEW_COMMENTS_PER_PR_AVG"),
        "REVIEW_TIME_TO_FIRST_COMMENT_HRS_AVG",
    )
)
"""Columns that a page of Harness names or shows in an example."""

_WORDS_OF_ERRORS = (
    *("error", "invalid", "unauthorized", "unauthorised", "forbidden", "denied", "expired"),
    *("failed", "not found", "exception", "timeout", "timed out", "unavailable", "try again"),
    *("bad request", "too many requests", "not allowed", "sign in", "log in", "api key"),
)


def check_header(facts: CsvFacts) -> None:
    """Refuse a file that is CSV by its form only: a line of text, sent as if it were the file.

    Raises:
        CorruptDownloadError: The file's one line is no header, or has one field.
    """
    if len(facts.columns) == 1:
        # No report has one column.
        raise no_csv("its first line is one field", facts.said)
    if facts.columns and not facts.rows and not _is_header(facts):
        raise no_csv("it is one line of text, which is no header", facts.said)


def _is_header(facts: CsvFacts) -> bool:
    if any(name.casefold() in _DOCUMENTED for name in facts.columns):
        return True
    text = " ".join(facts.columns).casefold()
    # A text that is sent as an error seldom ends its line.
    return facts.has_newline and not any(word in text for word in _WORDS_OF_ERRORS)
