"""Compiles the small C programs with the system's compiler."""

import subprocess
from pathlib import Path

from local.paths import LOCAL

_SOURCES = Path(__file__).parent
_PROGRAMS = LOCAL / "bench" / "bin"
_LIBRARIES = {"measure": (), "relay": ("-lssl", "-lcrypto"), "s3sink": ("-lssl", "-lcrypto")}


def program(name: str) -> Path:
    """A compiled program, compiled anew if its source is newer.

    Raises:
        RuntimeError: There is no compiler, or OpenSSL's headers are missing.
    """
    sources = [_SOURCES / f"{name}.c", _SOURCES / "channel.h"]
    built = _PROGRAMS / name
    if built.exists() and all(built.stat().st_mtime > it.stat().st_mtime for it in sources):
        return built
    _PROGRAMS.mkdir(parents=True, exist_ok=True)
    options = ("-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-pthread")
    command = ["cc", *options, "-o", str(built), str(sources[0]), *_LIBRARIES[name]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise RuntimeError("There is no C compiler: apt-get install -y gcc libc6-dev") from None
    if done.returncode:
        hint = " (apt-get install -y libssl-dev)" if "openssl/" in done.stderr else ""
        raise RuntimeError(f"{name}.c does not compile{hint}:\n{done.stderr}")
    return built
