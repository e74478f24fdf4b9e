"""`sam build` and `sam deploy` of the real template, against the local cloud.

One thing differs from AWS: the local cloud reports every exception of its own `python3.13`
executor under one name, so that no Retry and no Catch would match. Functions of a `provided`
runtime go through its Runtime API, so each built function gets a `bootstrap` that runs AWS's own
runtime client on an interpreter with what AWS's runtime has. Layers are not mounted there: the
bootstrap puts the built layer on the path.
"""

import json
import os
import platform
import shlex
from collections.abc import Mapping
from pathlib import Path

import yaml

from local import layers
from local.cloud import processes
from local.cloud.aws import REGION
from local.paths import ROOT, RUNTIME_PYTHON

STACK_NAME = "sei-export"


_RUNTIME = "Runtime: python3.13"
_BOOTSTRAP = """#!/bin/sh
export PYTHONPATH={layer}
exec {python} -m awslambdaric "$_HANDLER"
"""


def machine_architecture() -> str:
    """This machine's processor, as the template's parameter says it."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def build(folder: Path, environment: Mapping[str, str]) -> Path:
    """Build the template for the local cloud.

    Args:
        folder: Where the build goes.
        environment: For the SAM CLI; has PATH.

    Returns:
        The template to deploy.

    Raises:
        RuntimeError: The build fails; the message has its output.
    """
    built = folder / "build"
    _sam(
        environment,
        "build",
        *("--build-dir", str(built), "--cached", "--cache-dir", str(folder / "cache")),
    )
    template = (built / "template.yaml").read_text()
    if template.count(_RUNTIME) != 1:
        raise RuntimeError(f"The built template does not have exactly one {_RUNTIME!r}.")
    layers.finish(built)
    layer = built / layers.names()[machine_architecture()] / "python"
    bootstrap = _BOOTSTRAP.format(
        layer=shlex.quote(str(layer)), python=shlex.quote(str(RUNTIME_PYTHON))
    )
    for application in built.glob("*/app.py"):
        script = application.with_name("bootstrap")
        script.write_text(bootstrap)
        script.chmod(0o755)
    local = built / "local.yaml"
    local.write_text(template.replace(_RUNTIME, "Runtime: provided.al2023"))
    return local


def deploy(template: Path, parameters: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Deploy a built template.

    Args:
        template: From `build`.
        parameters: The template's parameters.
        environment: For the SAM CLI; has PATH and AWS_ENDPOINT_URL.

    Raises:
        RuntimeError: The deployment fails; the message has its output.
    """
    overrides = template.with_name("parameters.yaml")
    overrides.write_text(yaml.safe_dump(dict(parameters)))
    _sam(
        environment,
        "deploy",
        *("--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"),
        *("--template-file", str(template)),
        *("--stack-name", STACK_NAME, "--region", REGION),
        *("--parameter-overrides", f"file://{overrides}"),
    )


def read_parameters(text: str) -> dict[str, str]:
    """Read STACK_PARAMETERS: `Name=value Other="a value"`.

    Raises:
        ValueError: A word without `=`.
    """
    parameters: dict[str, str] = {}
    for word in shlex.split(text):
        name, separator, value = word.partition("=")
        if not separator or not name:
            raise ValueError(
                f"STACK_PARAMETERS has {word!r}; it takes Name=value, with spaces between."
            )
        parameters[name] = value
    return parameters


def client_environment(endpoint_url: str) -> dict[str, str]:
    """The environment for AWS clients of the local cloud; any credentials will do there."""
    return {
        "PATH": os.pathsep.join((str(ROOT / ".venv" / "bin"), os.environ.get("PATH", ""))),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }


def _sam(environment: Mapping[str, str], *words: str) -> None:
    code, output, errors = processes.run([ROOT / ".venv" / "bin" / "sam", *words], environment)
    if code:
        said = json.dumps(words) + "\n" + output[-4000:] + errors[-4000:]
        raise RuntimeError(f"sam {words[0]} failed:\n{said}")
