"""The gate for the template catches unsafe resources, and needs no network."""

import os
from pathlib import Path

from local.gates import template

# Loaded by every Python that has its folder on the path.
NO_NETWORK = """
import pathlib, socket

asked = pathlib.Path(__file__).with_name("asked")
asked.touch()

def refuse(*what, **_):
    with asked.open("a") as file:
        print(what, file=file)
    raise OSError("no network")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = socket.gethostbyname = refuse
"""

BAD = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"AccessControl": "PublicRead"},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
                    ]
                },
                "Policies": [
                    {
                        "PolicyName": "all",
                        "PolicyDocument": {
                            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
                        },
                    }
                ],
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Environment": {"Variables": {"KEY": "AKIA" + "IOSFODNN7EXAMPLF"}},
            },
        },
        # As the real one is, and what is allowed there is allowed here.
        "CreateExportFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"ReservedConcurrentExecutions": 5},
        },
    },
}


def test_given_unsafe_resources_then_they_are_found_and_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    with template.scan(BAD, environ) as scanned:
        found = "\n".join(scanned.findings())
    assert not (tmp_path / "asked").read_text()
    for resource, check in (
        ("AWS::S3::Bucket.Bucket", "CKV_AWS_20"),  # everybody may read it
        ("AWS::S3::Bucket.Bucket", "CKV_AWS_21"),  # it has no versions
        ("AWS::IAM::Role.Role", "CKV_AWS_60"),  # everybody may take the role
        ("AWS::IAM::Role.Role", "CKV_AWS_107"),  # it may do everything
        ("AWS::Lambda::Function.Function", "CKV_AWS_45"),  # a key in a variable
        # In no VPC, and a bucket without a log: allowed, but for other resources than these.
        ("AWS::Lambda::Function.Function", "CKV_AWS_117"),
        ("AWS::S3::Bucket.Bucket", "CKV_AWS_18"),
    ):
        assert f"template: {resource}: {check}: " in found, found
    assert "CreateExportFunction: CKV_AWS_117: " not in found
    # Of what is not found any more: the function has a reserve now.
    assert "template: CreateExportFunction: CKV_AWS_115 is allowed and not found" in found
    # Of what the real template needs and this one has not, each resource by itself.
    for resource in ("CheckExportFunction", "PlanBatchFunction"):
        assert f"template: {resource}: CKV_AWS_117 is allowed and not found" in found
