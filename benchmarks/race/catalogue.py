"""Who takes part."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench.native import compile as native
from benchmarks.bench.servers import BUCKET, Endpoints
from local.paths import LOCAL, ROOT

BENCH_ENVIRONMENT = LOCAL / "env" / "bench"
_CONTESTANTS = Path(__file__).parent / "contestants"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to move a file.

    Attributes:
        name: Short, unique.
        title: For tables.
        words: The command, to which source, endpoint, bucket and key are added.
        verifies: Whether it proves what it moved.
        protocols: Those that it works with.
    """

    name: str
    title: str
    words: tuple[str, ...]
    verifies: bool = False
    protocols: tuple[str, ...] = ("http", "https")

    def command(self, source: str, endpoint: str, key: str) -> list[str]:
        """What to run for one transfer."""
        before, after = list(self.words), []
        if "--" in before:
            at = before.index("--")
            before, after = before[:at], before[at + 1 :]
        return [*before, source, endpoint, BUCKET, key, *after]


OURS = "ours"
OURS_UNVERIFIED = "ours-unverified"


def all_contestants() -> tuple[Contestant, ...]:
    """Everybody, ours first.

    Raises:
        RuntimeError: The floor's program does not compile.
    """
    relay = str(native.program("relay"))
    return (
        Contestant(OURS, "**ours**", _python("ours"), verifies=True),
        Contestant(OURS_UNVERIFIED, "**ours, verification off**", _python("ours", "--no-verify")),
        Contestant(
            "library-verified",
            "gzip + csv + hashlib + smart_open",
            _python("library_verified"),
            verifies=True,
        ),
        Contestant(
            "library-verified-igzip",
            "the same with isal's igzip",
            _python("library_verified", "--variant", "igzip"),
            verifies=True,
        ),
        Contestant("upload-fileobj", "boto3 upload_fileobj, defaults", _python("upload_fileobj")),
        Contestant(
            "upload-fileobj-tuned",
            "boto3 upload_fileobj, tuned",
            _python("upload_fileobj", "--variant", "tuned"),
        ),
        Contestant("smart-open", "smart_open, 16 MiB parts", _python("smart_open_copy")),
        Contestant("s3fs", "s3fs, 16 MiB parts", _python("s3fs_copy")),
        Contestant(
            "curl-aws", "`curl \\| aws s3 cp -`", ("bash", str(_CONTESTANTS / "curl_aws.sh"))
        ),
        Contestant(
            "vendor-sample", "vendor's sample: `.content` + put_object", _python("vendor_sample")
        ),
        Contestant("airbyte", "airbyte-cdk's file loop + upload_file", _python("airbyte_file")),
        Contestant("floor", "floor: relay in C, read and write", (relay, "read")),
        Contestant(
            "floor-splice", "floor: relay in C, splice", (relay, "splice"), protocols=("http",)
        ),
    )


def environment(endpoints: Endpoints) -> Mapping[str, str]:
    """What every contestant finds: credentials of no value, and whom to trust."""
    ca_file = str(endpoints.ca_file)
    trusting = ("AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    return {
        "PATH": os.pathsep.join([str(BENCH_ENVIRONMENT / "bin"), "/usr/bin", "/bin"]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "sei_export")]),
        "HOME": str(LOCAL / "bench"),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_RETRY_MODE": "standard",
        **dict.fromkeys(trusting, ca_file),
    }


def _python(module: str, *options: str) -> tuple[str, ...]:
    python = str(BENCH_ENVIRONMENT / "bin" / "python")
    return (
        python,
        "-m",
        f"benchmarks.race.contestants.{module}",
        *(("--", *options) if options else ()),
    )
