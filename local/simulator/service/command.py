"""The command line: `python -m local.simulator --port 8081 --api-key KEY`."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from local.simulator.service.server import SimulatorServer
from local.simulator.world.dialect import Dialect
from local.simulator.world.settings import Settings
from local.simulator.world.spool import Spool
from local.simulator.world.state import Simulator

_KEY_VARIABLE = "SEI_SIMULATOR_API_KEY"


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit with 1 if the port is taken."""
    parser = _parser()
    arguments = parser.parse_args()
    settings = Settings(
        arguments.api_key or os.environ[_KEY_VARIABLE],
        arguments.queued_seconds,
        arguments.processing_seconds,
        arguments.reuse_seconds,
        arguments.rate_limit,
        arguments.legacy_rate_limit,
        _dialect(parser, arguments.dialect),
    )
    # uvicorn stops gracefully on both, then sends itself the signal again.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="sei-simulator-") as folder:
        spool = Spool(Path(folder))
        try:
            SimulatorServer(Simulator.start(settings, spool), arguments.host, arguments.port).run()
        except OSError as error:
            sys.exit(f"Cannot listen on {arguments.host}:{arguments.port}: {error}")
        finally:
            spool.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument(
        "--api-key",
        required=_KEY_VARIABLE not in os.environ,
        help=f"the only accepted key; default: ${_KEY_VARIABLE}, which `ps` does not show",
    )
    parser.add_argument("--queued-seconds", type=float, default=Settings.queued_seconds)
    parser.add_argument("--processing-seconds", type=float, default=Settings.processing_seconds)
    parser.add_argument("--reuse-seconds", type=float, default=Settings.reuse_seconds)
    parser.add_argument(
        "--rate-limit", type=int, default=Settings.rate_limit, help="calls per key and minute"
    )
    parser.add_argument(
        "--legacy-rate-limit",
        type=int,
        default=Settings.legacy_rate_limit,
        help="calls per key in x-api-key and minute; default: %(default)s",
    )
    parser.add_argument(
        "--dialect",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a form of the API that its documentation contradicts itself about; repeatable",
    )
    return parser


def _dialect(parser: argparse.ArgumentParser, switches: list[str]) -> Dialect:
    """Return the dialect that the switches ask for; exit with 2 if there is no such one."""
    try:
        return Dialect.of(switches)
    except ValueError as error:
        parser.error(f"--dialect {error}")
