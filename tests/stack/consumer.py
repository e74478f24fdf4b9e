"""A consumer that has nothing but the docs: their shell lines and their Python, as they stand."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pandas as pd
import polars as pl
import pytest

from local.paths import ROOT, RUNTIME_PYTHON
from sei_export.jsontypes import JsonObject
from tests.docs import snippets
from tests.stack.harness import Harness, new_team

type Row = dict[str, str | None]

FUNCTION = "plain-copies"
PATIENCE_SECONDS = 30.0
_TOOLS = ("duckdb", "pandas", "polars")
_AWS = '#!/bin/sh\nexec "{python}" "{root}/tests/fakes/aws_command.py" "$@"\n'
_BOOTSTRAP = f'#!/bin/sh\nexec "{RUNTIME_PYTHON}" -m awslambdaric "$_HANDLER"\n'
_AS_ROLE = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}


class Consumer:
    """What a reader of the docs builds.

    Attributes:
        stack: The deployed stack; a consumer itself needs its bucket only.
        names: What the Python of the docs has defined.
        target: The consumer's own bucket.
        messages: What came into the consumer's queue.
        topic: What came by the topic.
    """

    def __init__(self, stack: Harness, folder: Path) -> None:
        self.stack = stack
        self.names: dict[str, Any] = {"bucket": stack.bucket}
        self.target = self.names["target"] = f"copies-{new_team()}"
        self.messages: list[JsonObject] = []
        self.topic: list[JsonObject] = []
        stack.aws.s3.create_bucket(Bucket=self.target)
        self._deploy_function()
        self._queue, self._topic_queue = self._subscribe(folder)
        snippets.run("fetch", self.names)
        snippets.run("parts", self.names)
        self._fetch = self.names["fetch"]
        self.names["fetch"] = lambda *version: self._fetch(*version, folder="sei")

    def _deploy_function(self) -> None:
        """A Lambda function with the docs' handler, and a role of its own."""
        files = io.BytesIO()
        with zipfile.ZipFile(files, "w") as bundle:
            script = zipfile.ZipInfo("bootstrap")
            script.external_attr = 0o755 << 16
            bundle.writestr(script, _BOOTSTRAP)
            bundle.writestr("app.py", snippets.snippet("plain"))
        trust = {"Version": "2012-10-17", "Statement": [_AS_ROLE | {"Action": "sts:AssumeRole"}]}
        role = self.stack.aws.iam.create_role(
            RoleName=FUNCTION, AssumeRolePolicyDocument=json.dumps(trust)
        )
        places = {"s3:GetObject": self.stack.bucket, "s3:PutObject": self.target}
        may = [
            {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"}
            for action, bucket in places.items()
        ]
        self.stack.aws.iam.put_role_policy(
            RoleName=FUNCTION,
            PolicyName="copy",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": may}),
        )
        self.stack.aws.functions.create_function(
            FunctionName=FUNCTION,
            Runtime="provided.al2023",
            Handler="app.handler",
            Role=role["Role"]["Arn"],
            Timeout=60,
            Code={"ZipFile": files.getvalue()},
            Environment={"Variables": {"TARGET": self.target}},
        )

    def _subscribe(self, folder: Path) -> tuple[str, str]:
        """Run the docs' shell lines; the URLs of the queues behind rule and topic."""
        (folder / "bin").mkdir()
        command = folder / "bin" / "aws"
        command.write_text(_AWS.format(python=sys.executable, root=ROOT))
        command.chmod(0o755)
        lines = [
            *(snippets.snippet(mark, "sh") for mark in ("queue", "targets")),
            snippets.snippet("files", "sh").replace("BUCKET", self.stack.bucket),
            # What S3 says comes into the same queue.
            'aws events put-targets --rule sei-files --targets "Id=queue,Arn=$QUEUE_ARN"',
            "echo $QUEUE $QUEUE_ARN $TOPIC",
        ]
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
            env=os.environ
            | {
                "PATH": f"{command.parent}:{os.environ['PATH']}",
                "FUNCTION": FUNCTION,
                "STACK": self.stack.stack.name,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        queue, arn, topic = ran.stdout.splitlines()[-1].split()
        return queue, self._queue_of(topic, f"{arn.rpartition(':')[0]}:of-topic")

    def _queue_of(self, topic: str, arn: str) -> str:
        """Make a queue that subscribes to a topic; its URL."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = self.stack.aws.sqs.create_queue(
            QueueName=arn.rpartition(":")[2], Attributes={"Policy": policy}
        )
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return made["QueueUrl"]

    def hear(self, enough: Callable[[], bool]) -> None:
        """Receive messages until there is enough."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not enough():
            assert time.monotonic() < deadline, "not everything came"
            self.messages += self._received(self._queue)
            self.topic += [
                json.loads(str(it["Message"])) for it in self._received(self._topic_queue)
            ]
            time.sleep(0.2)

    def of_execution(self, arn: str) -> list[JsonObject]:
        """What the exporter said of an execution, in the queue."""
        return [it for it in self.messages if _detail(it).get("executionArn") == arn]

    def of_key(self, key: str) -> list[JsonObject]:
        """What the exporter said of a key, in the queue, as it came."""
        ours = (it for it in self.messages if it["source"] == "harness.sei.export")
        return [it for it in ours if _detail(it).get("key") == key]

    def objects(self, key: str) -> list[JsonObject]:
        """What S3 said of a key, in the queue."""
        of_s3 = (_detail(it)["object"] for it in self.messages if it["source"] == "aws.s3")
        return [it for it in of_s3 if isinstance(it, dict) and it["key"] == key]

    def read(self, paths: list[str]) -> Iterator[tuple[str, list[Row]]]:
        """Read files with each of the tools."""
        for tool in _TOOLS:
            rows = snippets.run(tool, self.names | {"paths": paths})["rows"]
            yield tool, records(rows)

    def read_set(self, name: str, report: str) -> JsonObject:
        """Read the list of a plan and fetch its files; `paths` are then theirs."""
        self.names |= {"name": name, "report": report}
        snippets.run("set", self.names)
        latest: JsonObject = self.names["latest"]
        return latest

    def copies(self, prefix: str) -> dict[str, bytes]:
        """Objects in the consumer's own bucket."""
        found = self.stack.aws.s3.list_objects_v2(Bucket=self.target, Prefix=prefix)
        return {
            it["Key"]: self.stack.aws.s3.get_object(Bucket=self.target, Key=it["Key"])[
                "Body"
            ].read()
            for it in found.get("Contents", [])
        }

    def _received(self, queue: str) -> list[JsonObject]:
        answer = self.stack.aws.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self.stack.aws.sqs.delete_message(
                QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"]
            )
        return [json.loads(message["Body"]) for message in messages]


@contextmanager
def on_the_local_cloud(stack: Harness, folder: Path) -> Iterator[None]:
    """Let boto3 and the docs' paths be the local cloud's and the folder's, as a user's are his."""
    with pytest.MonkeyPatch.context() as here:
        here.setenv("AWS_ENDPOINT_URL", stack.stack.endpoint_url)
        here.setenv("AWS_DEFAULT_REGION", stack.stack.region)
        # Any credentials are the emulator's root.
        here.setenv("AWS_ACCESS_KEY_ID", "test")
        here.setenv("AWS_SECRET_ACCESS_KEY", "test")
        here.chdir(folder)
        yield


def table_of(consumer: Consumer, columns: list[str], events: list[JsonObject]) -> list[Row]:
    """Load events one by one as the docs say, forgetting everything but the table in between."""
    names = consumer.names | {"db": duckdb.connect()}
    texts = ", ".join(f'"{column}" text' for column in (*columns, "key"))
    names["db"].execute(f"create table metrics ({texts})")
    names["db"].execute("create table newest (key text primary key, created text, completed text)")
    for event in events:
        kept = names["db"].execute("select * from newest").fetchall()
        names |= {"event": event, "newest": {key: tuple(when) for key, *when in kept}}
        snippets.run("table", names)
        snippets.run("newest", names)
    return records(names["db"].sql("select * exclude (key) from metrics"))


def records(rows: object) -> list[Row]:
    """A tool's rows, in the same form for all; None is its NULL."""
    if isinstance(rows, pl.DataFrame):
        return rows.to_dicts()
    if isinstance(rows, pd.DataFrame):
        return list(rows.astype(object).where(rows.notna(), None).to_dict("records"))
    assert isinstance(rows, duckdb.DuckDBPyRelation)
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]


def _detail(event: JsonObject) -> JsonObject:
    detail = event["detail"]
    assert isinstance(detail, dict)
    return detail
