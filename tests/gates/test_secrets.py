"""The gate for secrets catches keys in files, also beside what is allowed."""

import hashlib
import string
from pathlib import Path

import pytest

from local.gates import secrets

# Put together here, so that this file has no secret in it.
AWS_KEY = "AKIA" + string.ascii_uppercase[:16]
HEX = hashlib.sha256(b"any").hexdigest()
PRIVATE_KEY = f"-----BEGIN {'RSA'} PRIVATE KEY-----\n{HEX}\n-----END {'RSA'} PRIVATE KEY-----"
HARNESS_KEY = "pat." + "kZ8mQ2vXr4TnB7wYc1Lp.65f0c3" + ".Jx9dHs3GfKa6"

BAD = [
    pytest.param("app.py", f'KEY_ID = "{AWS_KEY}"', id="an AWS key"),
    pytest.param("key.pem", PRIVATE_KEY, id="a private key"),
    pytest.param("app.py", f'api_key = "{HARNESS_KEY}"', id="an API key"),
    pytest.param("events/x.json", f'{{"apiKey": "{HARNESS_KEY}"}}', id="an API key in JSON"),
    pytest.param("app.py", f'DIGEST = "{HEX}"', id="hexadecimal digits"),
    pytest.param("template.yaml", f"      ApiKey: {HARNESS_KEY}", id="in the template"),
    pytest.param(
        "template.yaml", f'  SecretString: !Sub "{HARNESS_KEY}"', id="in one of its functions"
    ),
    pytest.param("app.py", f'_KEY = "{HARNESS_KEY}"', id="an API key of another name"),
    pytest.param("README.md", f"ApiKey {HARNESS_KEY} is it", id="an API key in a text"),
    pytest.param("events/y.json", f'{{"input": "{HARNESS_KEY}"}}', id="an API key as an input"),
    pytest.param("app.py", f'"AWS_SECRET_ACCESS_KEY": "test{HEX}",', id="longer than allowed"),
    pytest.param("events/x.json", f'  "token": "{HEX}"', id="of another name than allowed"),
    pytest.param("app.py", f'  "id": "{HEX}"', id="in another file than allowed"),
]


@pytest.mark.parametrize(("name", "line"), BAD)
def test_given_a_secret_in_a_file_then_it_is_found(name: str, line: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"{line}\n")
    found, _ = secrets.look(tmp_path, [Path(name)])
    assert found
    assert all(finding.startswith(f"secrets: {name}:") for finding in found)


def test_what_is_allowed_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('    "AWS_SECRET_ACCESS_KEY": "test",\n')
    found, (needed,) = secrets.look(tmp_path, [Path("app.py")])
    assert not found
    assert "any word" in needed["why"]
