"""The template as CloudFormation gets it, and what checkov says of it."""

import copy
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.gates.allowed import allowances
from local.paths import GATES_PYTHON, ROOT

type Tree = dict[str, Any]
"""A document whose form its readers know."""


def load_template() -> Tree:
    """The template with its short forms (`!Ref`) written out."""
    template: Tree = yaml_parse((ROOT / "template.yaml").read_text())
    return template


def translated(region: str = "us-east-1") -> Tree:
    """What CloudFormation gets, with every artifact said to be in a bucket."""
    template = copy.deepcopy(load_template())
    for item in template["Resources"].values():
        properties = item["Properties"]
        for field in ("CodeUri", "ContentUri", "DefinitionUri"):
            if field in properties:
                properties[field] = "s3://bucket/key"
    parameters = template["Parameters"]
    values = {name: spec.get("Default", "value") for name, spec in parameters.items()}
    session = boto3.Session(region_name=region)
    result: Tree = Translator({}, Parser(), boto_session=session).translate(template, values)
    return result


@dataclass(frozen=True, slots=True)
class Scan:
    """checkov at work on one template.

    Attributes:
        process: Where it runs.
    """

    process: subprocess.Popen[str]

    def findings(self) -> list[str]:
        """Wait for its end, and tell what is not allowed, and what is and need not be.

        Raises:
            RuntimeError: It did not check the template.
        """
        output, errors = self.process.communicate()
        report: Tree = json.loads(output) if output.startswith("{") else {}
        summary = report.get("summary", {})
        if not summary.get("resource_count") or summary["parsing_errors"]:
            raise RuntimeError(f"checkov did not check the template: {output[-500:]}{errors}")
        failed = {_place(check): check for check in report["results"]["failed_checks"]}
        allowed = {
            (resource, entry["check"])
            for entry in allowances("template")
            for resource in entry["resources"].split()
        }
        found = [
            f"template: {check['resource']}: {check['check_id']}: {check['check_name']}"
            for place, check in failed.items()
            if place not in allowed
        ]
        return found + [
            f"template: {resource}: {check} is allowed and not found"
            for resource, check in sorted(allowed.difference(failed))
        ]


def _place(check: Tree) -> tuple[str, str]:
    """Which resource of the template, and which check of it, failed."""
    return check["resource"].rpartition(".")[2], check["check_id"]


@contextmanager
def scan(template: Tree, environ: Mapping[str, str] | None = None) -> Iterator[Scan]:
    """Start checkov on a template.

    Args:
        template: As CloudFormation gets it.
        environ: Its environment, if not this one.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(template, indent=1))
        words: list[str | Path] = ["-f", file, "--framework", "cloudformation"]
        words += ["--output", "json", "--quiet"]
        # It would ask its vendor for links to guidelines, and PyPI for a newer version of itself.
        words.append("--skip-download")
        silent = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}
        with subprocess.Popen(
            [GATES_PYTHON.with_name("checkov"), *words],
            cwd=folder,
            env={**(os.environ if environ is None else environ), **silent},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield Scan(process)
            finally:
                process.kill()
