"""`python -m local.gates`: every gate, behind `make check`."""

import sys

from local.gates import pins, secrets, template


def main() -> int:
    """Print what the gates find; 0 is nothing."""
    # The slow one first: it runs beside the others.
    with template.scan(template.translated()) as scanned:
        found = [*pins.findings(), *secrets.findings(), *scanned.findings()]
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
