"""`python -m local up|down|demo|live`, behind the Makefile's commands of these names."""

import argparse
import sys

from local import signals

# Before the imports that take a while: Ctrl-C prints no traceback at any moment.
signals.raise_once()

from local.cloud import commands  # noqa: E402 - as above


def main() -> int:
    """Run the command; 0 is success."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "demo", "live"))
    command = parser.parse_args().command
    try:
        if command == "demo":
            # Not needed by the others, which stay quick.
            from local.demo.command import run  # noqa: PLC0415 - as above

            return run()
        if command == "live":
            from local.live import command as live  # noqa: PLC0415 - as above

            return live.run()
        return commands.up() if command == "up" else commands.down()
    except signals.Interrupted as interrupted:
        print("Interrupted; what was started is stopped.", file=sys.stderr)
        return interrupted.exit_code
    except (RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
