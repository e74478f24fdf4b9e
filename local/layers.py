"""`python -m local.layers <build>`: finish what `sam build` made of the layers.

A layer is built for each processor, and the stack deploys the one that its parameter `Architecture`
names: so no choice that is made after the build can make the build wrong.
"""

import compileall
import py_compile
import sys
from pathlib import Path

from local.gates.template import load_template

# Where an ELF file names its processor, and how. https://refspecs.linuxfoundation.org/elf/elf.pdf
_MACHINE = slice(18, 20)
_MACHINES = {"arm64": b"\xb7\0", "x86_64": b"\x3e\0"}


def names() -> dict[str, str]:
    """Layers of the template by the processor that they are built for."""
    return {
        resource["Metadata"]["BuildArchitecture"]: name
        for name, resource in load_template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }


def finish(build: Path) -> None:
    """Look which processor the layers' libraries are for, and add bytecode.

    pip leaves bytecode out; with it a function starts in about half the time.

    Args:
        build: What `sam build` made.

    Raises:
        RuntimeError: A layer has a library for another processor, or lacks isal's.
    """
    for architecture, name in names().items():
        layer = build / name / "python"
        libraries = sorted(layer.rglob("*.so"))
        if not any(library.name.startswith("isal_zlib.") for library in libraries):
            raise RuntimeError(f"{layer} has no isal: downloads would take twice the time.")
        for library in libraries:
            if library.read_bytes()[_MACHINE] != _MACHINES[architecture]:
                raise RuntimeError(f"{library} is not for {architecture}.")
        compileall.compile_dir(
            layer, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )


if __name__ == "__main__":
    try:
        finish(Path(sys.argv[1]))
    except RuntimeError as error:
        sys.exit(str(error))
