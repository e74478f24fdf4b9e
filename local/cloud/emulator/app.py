"""The emulator, with gaps closed in which it differs from AWS.

Each module mends one, from outside. `docs/design.md` lists them, and those that stay. Loaded by the
emulator's environment, as the application that its server serves.
"""

# Of this folder, which the server puts on the path; each mends by being imported.
import choices  # type: ignore[import-not-found] # noqa: F401 - as above
import limits  # type: ignore[import-not-found] # noqa: F401 - as above
import maps  # type: ignore[import-not-found] # noqa: F401 - as above
import notifications  # type: ignore[import-not-found] # noqa: F401 - as above
import rules  # type: ignore[import-not-found] # noqa: F401 - as above
import stopping  # type: ignore[import-not-found] # noqa: F401 - as above
from ministack.app import app  # type: ignore[import-not-found]  # of another environment

__all__ = ["app"]
