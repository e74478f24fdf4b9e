"""The gate for pinned packages catches what has a known advisory."""

from pathlib import Path

import pytest

from local.gates import pins

SAFE = {"everything": [pin for file in pins.PINNED_SETS for pin in pins.read(file)]}


def _set_with(folder: Path, line: str) -> pins.Pins:
    file = folder / "bad.txt"
    file.write_text(f"{line} \\\n    --hash=sha256:{'0' * 64}\n")
    return pins.read(file)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("urllib3==2.6.2", id="a version before"),
        pytest.param("urllib3==2.6.3rc1", id="not yet the version"),
        pytest.param("urllib3==2.6.2 ; sys_platform == 'win32'", id="on one platform"),
    ],
)
def test_given_a_pin_below_an_advisorys_version_then_it_is_found(line: str, tmp_path: Path) -> None:
    (finding,) = pins.compare(SAFE | {"bad.txt": _set_with(tmp_path, line)})
    assert finding.startswith("pins: bad.txt: urllib3 2.6.")
    assert "CVE-2026-21441" in finding


@pytest.mark.parametrize("version", ["2.6.3", "2.10.0"])
def test_a_pin_from_the_advisorys_version_on_is_not_found(version: str, tmp_path: Path) -> None:
    assert not pins.compare(SAFE | {"good.txt": _set_with(tmp_path, f"urllib3=={version}")})


def test_given_an_advisory_of_what_is_pinned_nowhere_then_it_is_found() -> None:
    without = [pin for pin in SAFE["everything"] if pin[0] != "asyncssh"]
    (finding,) = pins.compare({"everything": without})
    assert finding == ("pins: asyncssh has an advisory (CVE-2023-48795) and is pinned nowhere")


@pytest.mark.parametrize(
    "line",
    ["requests>=2", "--index-url https://example.com", "git+https://example.com/x", "", "# a"],
)
def test_given_a_line_that_is_no_pin_then_the_set_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text(line + "\n")
    with pytest.raises(ValueError, match="neither a pin nor a hash"):
        pins.read(tmp_path / "bad.txt")


def test_every_pinned_set_is_read() -> None:
    names = {file.name for file in pins.PINNED_SETS}
    assert names >= {"bench.txt", "cloud.txt", "dev.txt", "gates.txt", "runtime.txt", "uv.txt"}
    assert "requirements.txt" in names
    assert all(pins.read(file) for file in pins.PINNED_SETS)
