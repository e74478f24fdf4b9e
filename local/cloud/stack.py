"""The local cloud: the simulator, an emulator of AWS, and the stack deployed in it."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests
import trustme

from local import signals
from local.cloud import deploy, processes
from local.cloud.aws import REGION, Aws
from local.paths import CLOUD_PYTHON, ROOT

SIMULATOR_KEY = "simulator-key-of-no-value"
"""Opens nothing but the simulator."""

_START_SECONDS = 60.0

_EMULATOR = ROOT / "local" / "cloud" / "emulator" / "app.py"


@dataclass(frozen=True, slots=True)
class Options:
    """What `make up` takes from the environment.

    Attributes:
        state: Folder for logs, processes and the build.
        aws_port: Loopback port of the emulator.
        sei_base_url: An API to use instead of the simulator.
        sei_api_key: Its key.
        stack_parameters: Template parameters to override.
        enforce_iam: Whether each function may do only what its role says.
        wait_scale: Factor on the Wait states' seconds.
        simulator_arguments: More words for the simulator's command line.
    """

    state: Path
    aws_port: int
    sei_base_url: str | None = None
    sei_api_key: str = SIMULATOR_KEY
    stack_parameters: dict[str, str] = field(default_factory=dict)
    enforce_iam: bool = False
    wait_scale: str = "1"
    simulator_arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack.

    Attributes:
        endpoint_url: Of the emulator, for AWS clients.
        region: AWS region.
        name: The stack's name.
        sei_base_url: The API that it calls.
        outputs: The template's outputs.
    """

    endpoint_url: str
    region: str
    name: str
    sei_base_url: str
    outputs: dict[str, str]

    def write(self, file: Path) -> None:
        """Write `stack.json`."""
        content = {
            "endpointUrl": self.endpoint_url,
            "region": self.region,
            "stackName": self.name,
            "seiBaseUrl": self.sei_base_url,
            "outputs": self.outputs,
        }
        file.write_text(json.dumps(content, indent=2) + "\n")


class LocalCloud:
    """Starts, deploys and stops; every process is noted in the state folder first.

    Args:
        options: What and where.
        say: Told about each step.

    Attributes:
        noted: The file that says which processes it has started.
        endpoint_url: Of the emulator.
        secure_url: The same over TLS, by the certificate of `ca.pem` in the state folder; empty as
            long as it has not been started here.
    """

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self.noted = options.state / "processes.json"
        self._processes: list[processes.Process] = []
        self.endpoint_url = f"http://127.0.0.1:{options.aws_port}"
        self.secure_url = ""
        self.aws = Aws(self.endpoint_url)

    def up(self) -> Stack:
        """Start everything and deploy.

        Raises:
            RuntimeError: A port is taken, a process ends, or the deployment fails.
        """
        options = self._options
        options.state.mkdir(parents=True, exist_ok=True)
        base_url = options.sei_base_url or self._start_simulator()
        self._start_emulator()
        environment = deploy.client_environment(self.endpoint_url)
        self._say("building the template (sam build)")
        template = deploy.build(options.state, environment)
        self._say("deploying the stack (sam deploy)")
        deploy.deploy(template, self._parameters(base_url), environment)
        outputs = self._outputs()
        self.aws.secrets.put_secret_value(
            SecretId=outputs["ApiKeySecretArn"], SecretString=options.sei_api_key
        )
        return Stack(self.endpoint_url, REGION, deploy.STACK_NAME, base_url, outputs)

    def redeploy(self, **changed: str) -> None:
        """Deploy again with other parameters."""
        environment = deploy.client_environment(self.endpoint_url)
        template = self._options.state / "build" / "local.yaml"
        parameters = self._parameters(self._base_url_in_use()) | changed
        deploy.deploy(template, parameters, environment)

    def down(self) -> None:
        """Stop what this or an earlier command started in the state folder."""
        for process in reversed(processes.load(self.noted)):
            self._say(f"stopping {process.name}")
            process.stop()
        self.noted.unlink(missing_ok=True)

    def _start_simulator(self) -> str:
        port = self._options.aws_port + 1
        _refuse_taken(port, "the simulator")
        self._say(f"starting the SEI simulator on port {port}")
        command = [sys.executable, "-m", "local.simulator", "--port", str(port)]
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "SEI_SIMULATOR_API_KEY": self._options.sei_api_key,
        }
        process = self._start(
            "the simulator", [*command, *self._options.simulator_arguments], environment
        )
        processes.wait_until_ready(process, lambda: processes.is_listening(port), _START_SECONDS)
        return f"http://127.0.0.1:{port}/prod1/sei/api/"

    def _start_emulator(self) -> None:
        options = self._options
        _refuse_taken(options.aws_port, "the local AWS")
        self._say(f"starting the local AWS on port {options.aws_port}")
        temporary = options.state / "tmp"
        temporary.mkdir(exist_ok=True)
        tls_port = processes.free_port()
        self.secure_url = f"https://localhost:{tls_port}"
        ca_file, certificate = _make_certificate(options.state)
        environment = {
            # Functions inherit it, so it holds nothing of this shell.
            "PATH": "/usr/bin:/bin",
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "GATEWAY_PORT": str(options.aws_port),
            "BIND_HOST": "127.0.0.1",
            # The functions' endpoint: over TLS, since the bucket refuses anything else.
            "AWS_ENDPOINT_URL": self.secure_url,
            "AWS_CA_BUNDLE": str(ca_file),
            "AUTH": "true" if options.enforce_iam else "false",
            "SFN_WAIT_SCALE": options.wait_scale,
            # As on AWS: a function that an event invokes is tried again after one minute, then two.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "60",
            "LAMBDA_ASYNC_RETRY_MAX_SECONDS": "120",
            "S3_DATA_DIR": str(temporary / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        # As the emulator starts itself in the background, but on a second port with TLS, and with
        # a gap closed.
        command: list[str | Path] = [
            *(CLOUD_PYTHON, "-m", "hypercorn", f"{_EMULATOR}:app", "--keep-alive", "75"),
            *("--insecure-bind", f"127.0.0.1:{options.aws_port}"),
            *("--bind", f"127.0.0.1:{tls_port}"),
            *("--certfile", certificate, "--keyfile", certificate),
        ]
        process = self._start("the local AWS", command, environment)
        processes.wait_until_ready(process, self._is_healthy, _START_SECONDS)

    def _is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.endpoint_url}/_ministack/health", timeout=2).ok
        except requests.RequestException:
            return False

    def _start(
        self, name: str, command: list[str | Path], environment: dict[str, str]
    ) -> processes.Process:
        log = self._options.state / "logs" / f"{name.rsplit(maxsplit=1)[-1]}.log"
        # A signal between start and note would leave a process that nobody knows.
        with signals.deferred():
            process = processes.start(name, command, environment, log)
            self._processes.append(process)
            processes.save(self._processes, self.noted)
        return process

    def _parameters(self, base_url: str) -> dict[str, str]:
        return {
            "HarnessBaseUrl": base_url,
            "HarnessOrgIdentifier": "default",
            "HarnessProjectIdentifier": "demo",
            "OrgTreeName": "Engineering",
            # By hand only: nothing runs while nobody looks.
            "ScheduleState": "DISABLED",
            "Architecture": deploy.machine_architecture(),
        } | self._options.stack_parameters

    def _base_url_in_use(self) -> str:
        return self._options.sei_base_url or (
            f"http://127.0.0.1:{self._options.aws_port + 1}/prod1/sei/api/"
        )

    def _outputs(self) -> dict[str, str]:
        stack = self.aws.cloudformation.describe_stacks(StackName=deploy.STACK_NAME)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost: the file to trust, and the file with key and certificate."""
    authority = trustme.CA()
    ca_file, certificate = folder / "ca.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return ca_file, certificate


def _refuse_taken(port: int, what: str) -> None:
    if processes.is_listening(port):
        raise RuntimeError(
            f"Port {port}, for {what}, is taken: run `make down`, or pick another with AWS_PORT."
        )
