"""ruff's rules about security are on: each bad sample is found wherever the product's code is."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT

BAD = [
    pytest.param("S301", "import pickle\n\npickle.loads(b'')\n", id="pickle"),
    pytest.param("S307", "eval(input())\n", id="eval"),
    pytest.param("S324", "import hashlib\n\nhashlib.md5(b'')\n", id="md5"),
    pytest.param("S501", "import requests\n\nrequests.get('x', verify=False)\n", id="no TLS check"),
    pytest.param("S113", "import requests\n\nrequests.get('x')\n", id="no timeout"),
    pytest.param("S105", "password = 'hunter2'\n", id="a password"),
    pytest.param("S602", "import subprocess\n\nsubprocess.run(x, shell=True)\n", id="a shell"),
    pytest.param("S108", "open('/tmp/x')\n", id="a fixed temporary file"),
    pytest.param("S314", "from xml.etree import ElementTree\n\nElementTree.parse('x')\n", id="XML"),
]


@pytest.mark.parametrize("folder", ["layers/sei_export/sei_export", "functions/x", "local"])
@pytest.mark.parametrize(("rule", "code"), BAD)
def test_given_unsafe_code_then_ruff_finds_it(rule: str, code: str, folder: str) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ruff"),
            *("check", "--no-cache", "--output-format", "concise"),
            *("--stdin-filename", f"{folder}/sample.py", "-"),
        ],
        input=code,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f" {rule} " in done.stdout
