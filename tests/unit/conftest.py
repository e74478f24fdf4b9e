"""How hypothesis runs: as long as it takes, and the same each time."""

from hypothesis import settings

# No deadline: a busy machine is not a failure. Derandomized: what fails, fails for everybody.
settings.register_profile("unit", deadline=None, derandomize=True, database=None)
settings.load_profile("unit")
