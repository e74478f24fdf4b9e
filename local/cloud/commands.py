"""`make up` and `make down`: the local cloud left running, and stopped again."""

import os
import time

from local.cloud import deploy
from local.cloud.stack import SIMULATOR_KEY, LocalCloud, Options
from local.paths import LOCAL, STACK_FILE
from local.simulator.world.dialect import Dialect

_UP_STATE = LOCAL / "up"
_DEFAULT_PORT = "4566"


def up() -> int:
    """Start the local cloud and leave it running, whatever ran before."""
    began = time.monotonic()
    cloud = LocalCloud(read_options(), _say)
    cloud.down()
    try:
        stack = cloud.up()
    except BaseException:
        cloud.down()
        raise
    stack.write(STACK_FILE)
    _say(f"up after {time.monotonic() - began:.0f} s; {STACK_FILE.relative_to(LOCAL.parent)}:")
    print(STACK_FILE.read_text())
    machine = stack.outputs["ExportStateMachineArn"]
    print(f"""Start an export, for example with the AWS CLI:

  export AWS_ENDPOINT_URL={stack.endpoint_url} AWS_DEFAULT_REGION={stack.region}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws stepfunctions start-execution --state-machine-arn {machine} --input '{{}}'

Stop it all with: make down""")
    return 0


def down() -> int:
    """Stop what `up` started."""
    LocalCloud(Options(state=_UP_STATE, aws_port=0), _say).down()
    STACK_FILE.unlink(missing_ok=True)
    return 0


def read_options() -> Options:
    """Options of `make up`, from the environment.

    Raises:
        ValueError: AWS_PORT, STACK_PARAMETERS, SFN_WAIT_SCALE or SIMULATOR_DIALECT cannot be read,
            or SEI_BASE_URL comes without SEI_API_KEY.
    """
    port = os.environ.get("AWS_PORT") or _DEFAULT_PORT
    # The simulator takes the port after it.
    if not port.isdecimal() or not 0 < int(port) < 65535:  # noqa: PLR2004 - the last port
        raise ValueError(f"AWS_PORT is {port!r}; it takes a number from 1 to 65534.")
    scale = os.environ.get("SFN_WAIT_SCALE") or "1"
    try:
        float(scale)
    except ValueError:
        raise ValueError(f"SFN_WAIT_SCALE is {scale!r}; it takes a number such as 0.1.") from None
    base_url = os.environ.get("SEI_BASE_URL") or None
    key = os.environ.get("SEI_API_KEY") or None
    if base_url and not key:
        raise ValueError("SEI_BASE_URL is set without SEI_API_KEY, the key for that API.")
    switches = os.environ.get("SIMULATOR_DIALECT", "").split()
    try:
        Dialect.of(switches)
    except ValueError as error:
        raise ValueError(f"SIMULATOR_DIALECT is {' '.join(switches)!r}; {error}.") from None
    return Options(
        state=_UP_STATE,
        aws_port=int(port),
        sei_base_url=base_url,
        sei_api_key=key or SIMULATOR_KEY,
        stack_parameters=deploy.read_parameters(os.environ.get("STACK_PARAMETERS", "")),
        enforce_iam=os.environ.get("AUTH", "").lower() == "true",
        wait_scale=scale,
        simulator_arguments=tuple(word for it in switches for word in ("--dialect", it)),
    )


def _say(step: str) -> None:
    print(f"· {step}", flush=True)
