"""Reviews a file that is where it belongs: what its reader should know of it, as warnings.

It only warns, so that nothing about it may fail an export: what cannot be told is a line in the
log. Another try of the same execution tells the same again: what it would compare the file with is
then perhaps its own.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.bucket.stored import StoredObject
from sei_export.export import Export
from sei_export.input.names import form_of, near
from sei_export.input.run import ExportRun
from sei_export.landing import cautions, levels
from sei_export.landing.csvcheck import CsvFacts
from sei_export.landing.publishing import Standing
from sei_export.manifest import Caution, Manifest

logger = logging.getLogger(__name__)

type ListTrees = Callable[[], Sequence[str]]
"""Asks the API for names of org trees, at once or not at all."""

_COMPARED = frozenset(
    {
        *(cautions.NO_ROWS, cautions.NO_ROWS_ANY_MORE, cautions.ROWS_FELL),
        *(cautions.COLUMNS_ADDED, cautions.COLUMNS_REMOVED),
    }
)
"""Codes of warnings that depend on more than the file and what was asked for."""


class Landed(NamedTuple):
    """A file that is where it belongs.

    Attributes:
        stored: The object.
        facts: What the file has.
        replaced: What stood there when it was published.
        is_end_known: Whether the server told where the file ends, or the file itself.
    """

    stored: StoredObject
    facts: CsvFacts
    replaced: Standing
    is_end_known: bool


@dataclass(frozen=True)
class Review:
    """A review of one landed file.

    Attributes:
        landed: The file.
        export: Whose it is.
        run: What only the state machine knows.
        notes: The bucket's JSON documents, for what is only good to know.
        list_trees: Asks for the org trees' names; None where nobody can.
    """

    landed: Landed
    export: Export
    run: ExportRun
    notes: Documents
    list_trees: ListTrees | None = None

    def warnings(self) -> tuple[Caution, ...]:
        """Tell what a reader of the file should know; each warning is a line in the log, too."""
        found: list[Caution] = []
        compared = [self._at_rows, self._at_fallen_rows, self._at_columns]
        if said := self._said_before():
            found += [each for each in said.warnings if each.code in _COMPARED]
            compared.clear()
        for look in (
            self._at_header,
            self._at_level,
            *compared,
            self._at_days,
            self._at_clock,
            self._at_end,
        ):
            try:
                found += look()
            except Exception as error:  # noqa: BLE001 - whatever it is, the file has landed
                logger.warning("A warning could not be made (%s): %s", look.__name__, error)
        for each in found:
            logger.warning("%s: %s", each.code, each.message)
        return tuple(found)

    def _at_header(self) -> Iterable[Caution]:
        facts = self.landed.facts
        return (*facts.warnings, *cautions.of_header(facts.columns))

    def _at_level(self) -> Iterable[Caution]:
        request = self.export.request
        return levels.differing(request, self.landed.facts.columns) if request else ()

    def _at_end(self) -> Iterable[Caution]:
        return () if self.landed.is_end_known else (cautions.unverifiable_length(),)

    def _at_days(self) -> Iterable[Caution]:
        request, facts = self.export.request, self.landed.facts
        if request and facts.days_outside:
            asked = request.start, request.end
            yield cautions.dates_outside(asked, facts.days_outside, facts.typed_rows, facts.rows)

    def _at_clock(self) -> Iterable[Caution]:
        request = self.export.request
        created = dates.read_moment(self.export.created_at)
        # A run that goes on days later asks for what its plan found; by then the days are over.
        is_later = request and created and created.date() > request.end + timedelta(days=1)
        if request and request.is_not_over and not is_later:
            yield cautions.not_over(request.end, self.export.created_at)

    def _said_before(self) -> Manifest | None:
        """What an earlier try of this execution has said of the same file."""
        said = self.landed.replaced.said
        is_same = said and said.content_sha256 == self.landed.facts.sha256
        return said if is_same and said and is_of(said, self.export, self.run) else None

    def _at_rows(self) -> Iterable[Caution]:
        return () if self.landed.facts.rows else (self._of_no_rows(),)

    def _of_no_rows(self) -> Caution:
        """Which of the two warnings."""
        facts, replaced = self.landed.facts, self.landed.replaced
        said = replaced.said
        if said and said.rows:
            return cautions.no_rows_any_more(said.rows)
        is_ours = replaced.present and replaced.present.etag == self.landed.stored.etag
        if replaced.rows is None and not is_ours:
            return cautions.no_rows_any_more(None)
        return cautions.no_rows(facts.columns, self._about_tree())

    def _about_tree(self) -> str:
        """Whether the tree that was asked for may be spelled wrong, if that is easily told."""
        tree = self.export.request.tree if self.export.request else None
        if tree is None or self.list_trees is None:
            return ""
        try:
            names = self.list_trees()
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no row
            logger.warning("Which org trees there are is not known: %s", error)
            return ""
        if not names or form_of(tree) in map(form_of, names):
            return ""
        return cautions.unlisted_tree(tree, near(tree, names))

    def _at_fallen_rows(self) -> Iterable[Caution]:
        rows, last = self.landed.facts.rows, self.landed.replaced.said
        if last and not rows:
            # There are no rows any more, which is said.
            return
        # Days that are not over have fewer rows than others by themselves, also those to date.
        is_fair = last or self._is_over
        other = self._other
        if is_fair and other and rows * 2 < other.rows:
            yield cautions.rows_fell(rows, other.rows, other.key)

    @property
    def _is_over(self) -> bool:
        """Whether the last day that was asked for was over when the export was created."""
        request, created = self.export.request, dates.read_moment(self.export.created_at)
        return bool(request and created and request.end < created.date())

    def _at_columns(self) -> Iterable[Caution]:
        columns, other = self.landed.facts.columns, self._other
        # An empty file has no header.
        if columns and other and other.columns:
            yield from cautions.of_columns(columns, other.columns, other.key)

    @cached_property
    def _other(self) -> Manifest | None:
        """What is said of the last version, or else of that of the days before."""
        return self.landed.replaced.said or self._of_days_before()

    def _of_days_before(self) -> Manifest | None:
        """What the manifest says of the same request for the range of equal kind before."""
        request = self.export.request
        days = dates.preceding((request.start, request.end)) if request else None
        if request is None or days is None:
            return None
        start, end = days
        key = keys.request_manifest_key(replace(request, start=start, end=end))
        try:
            return Manifest.from_json(self.notes.read_json(key).content)
        except Exception as error:  # noqa: BLE001 - whatever it is, it was asked for once
            logger.warning("What the range before had is not known: %s", error)
            return None


def is_of(said: Manifest, export: Export, run: ExportRun) -> bool:
    """Tell whether a manifest is what an earlier try of this execution wrote."""
    return (said.execution_arn, said.export_id) == (run.execution_arn, export.export_id)
