"""What a harvest says that lacks something: how much, why, and what to do about each error."""

from collections.abc import Sequence
from dataclasses import dataclass

from sei_export.failures import Failed, Failure, describe, remedies

_AGAIN = "tart the harvest again: what has landed is skipped."
_LEFT_ALONE = (
    'What is lost or damaged in three harvests is left alone then; {"retry": true} tries it again.'
)
_WINDOWS = "arvest in smaller windows, with dateFrom and dateTo"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a harvest lacks.

    Attributes:
        failed: Exports that could not be landed.
        landed: How many were.
        unusable: How many have an id that cannot be one.
        missing: How many more the lists promised than they had.
        pages: How many were listed, if there is more than one execution can hold; else 0.
        manifest_key: Where all of it is.
    """

    failed: Sequence[Failed]
    landed: int
    unusable: int
    missing: int
    pages: int
    manifest_key: str

    def failure(self) -> Failure | None:
        """Say it; None if nothing is lacking."""
        said, bad = list[str](), len(self.failed) + self.unusable
        if self.pages:
            said.append(
                "There is more to harvest than one execution can hold: "
                f"{_count(self.pages, 'page was', 'pages were')} listed, "
                f"{_count(self.landed, 'export has', 'exports have')} landed."
            )
        if bad:
            those = _count(bad + self.landed, "export", "exports")
            said.append(f"{bad} of {those} could not be landed: {self._why()}.")
        if self.missing:
            nothing = "" if bad or self.pages else " Of what they have, nothing is left to land."
            said.append(
                f"The lists of the API promise {self.missing} more than they have.{nothing}"
            )
        if not said:
            return None
        said.append(f"See {self.manifest_key}.")
        return Failure("HarvestIncompleteError", " ".join(said), " ".join(self._remedies()))

    def _why(self) -> str:
        ids = f"{_count(self.unusable, 'has an id', 'have ids')} that cannot be one"
        parts = (describe(self.failed), ids if self.unusable else "")
        return "; ".join(part for part in parts if part)

    def _remedies(self) -> list[str]:
        found = remedies(self.failed)
        if self.unusable:
            found.append("What has no id cannot be asked for: compare with what Harness shows.")
        if self.pages:
            return [*found, f"H{_WINDOWS}: what has landed is skipped."]
        found.append(f"Then s{_AGAIN}" if found else f"S{_AGAIN}")
        if self.failed:
            found.append(_LEFT_ALONE)
        if self.missing:
            found.append(
                f"If the lists lack something again, h{_WINDOWS}, or compare with the exports that "
                "Harness shows."
            )
        return found


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
