"""A parameter of the stack that is JSON, read by nobody but a run that takes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sei_export.errors import ConfigurationError, numbered
from sei_export.jsontypes import JsonObject


@dataclass(frozen=True, slots=True)
class Parameter:
    """A JSON parameter, unread: a wrong one stops no run that brings its own.

    Attributes:
        name: As in the template.
        text: As deployed.
    """

    name: str
    text: str

    def read(self) -> JsonObject:
        """Read the object that it is.

        Raises:
            ConfigurationError: It is none.
        """
        try:
            content = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise self._refused(f"The parameter {self.name} is not JSON: {error}.") from error
        if not isinstance(content, dict):
            raise self._refused(f"The parameter {self.name} is not a JSON object.")
        return content

    def wrong(self, problems: Sequence[str]) -> ConfigurationError:
        """Make the error of a run that took it.

        Args:
            problems: One sentence per problem, each beginning with the path of its field, in which
                the parameter's own name may come first.
        """
        texts = [problem.removeprefix(f"{self.name}.") for problem in problems]
        return self._refused(numbered(f"The parameter {self.name}", texts))

    def _refused(self, message: str) -> ConfigurationError:
        return ConfigurationError(
            message,
            remedy=f"Correct the stack's parameter {self.name} and deploy again. A tree, an "
            "organization or a project that it does not name is the stack's own parameter.",
        )
