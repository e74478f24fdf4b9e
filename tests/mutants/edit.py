"""A fault that is written by hand."""

from dataclasses import dataclass

from tests.mutants.mutant import Mutant, edited


@dataclass(frozen=True, slots=True)
class Edit:
    """A passage of a file that becomes another.

    Attributes:
        name: Says what is wrong.
        block: Where it is, as `mutant.edited` takes it.
        old: The passage.
        new: What replaces it.
    """

    name: str
    block: tuple[str, ...]
    old: str
    new: str = ""

    def mutant(self, file: str, tests: tuple[tuple[str, ...], ...]) -> Mutant:
        """The fault, and the tests that have to catch it."""
        content = edited(file, self.block, self.old, self.new)
        return Mutant(f"{file}: {self.name}", file, content, tests)
