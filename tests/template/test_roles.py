"""What each role may do, in a line for each place; nothing else, and by nobody else."""

import pytest

from local.gates.template import Tree, load_template
from tests.template.template import of_type

TEMPLATE = load_template()
ROLES = of_type(TEMPLATE, "AWS::IAM::Role")

LIST = {"s3:ListBucket": {"the bucket"}}
READ_KEY = {"secretsmanager:GetSecretValue": {"the API key"}}
DECRYPT = {"kms:Decrypt": {"UseKmsKey: KmsKeyArn"}}
DECRYPT_SECRET = {
    "kms:Decrypt": {"UseKmsKey: KmsKeyArn", "UseExistingSecret: the secret's own key"}
}
ENCRYPT = {"kms:GenerateDataKey": {"UseKmsKey: KmsKeyArn"}}
LANDED = {"exports", "harvested", "manifests", "series", "landed"}

MAY: dict[str, dict[str, set[str]]] = {
    "CreateExportRole": {
        **READ_KEY,
        **DECRYPT_SECRET,
        **LIST,
        "s3:GetObject": {"series", "landed"},
    },
    "CheckExportRole": {**READ_KEY, **DECRYPT_SECRET},
    "DownloadExportRole": {
        **READ_KEY,
        **DECRYPT_SECRET,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {*LANDED, "staging"},
        "s3:PutObject": {*LANDED, "staging"},
        "s3:AbortMultipartUpload": {*LANDED, "staging"},
        "s3:DeleteObject": {"staging"},
        "s3:ListMultipartUploadParts": {"staging"},
        "events:PutEvents": {"the bus"},
    },
    "FetchReportRole": {
        **READ_KEY,
        **DECRYPT_SECRET,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": LANDED,
        "s3:PutObject": LANDED,
        "s3:AbortMultipartUpload": LANDED,
        "events:PutEvents": {"the bus"},
    },
    "ListExportsRole": {
        **READ_KEY,
        **DECRYPT_SECRET,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {"series", "landed", "givenup"},
        "s3:PutObject": {"runs"},
    },
    "PlanBatchRole": {
        **READ_KEY,
        **DECRYPT_SECRET,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {"batches", "cuts", "runs", "series"},
        "s3:PutObject": {"runs"},
    },
    "RecordOutcomeRole": {
        **DECRYPT,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {"runs"},
        "s3:PutObject": {"runs"},
    },
    "CloseBatchRole": {
        **DECRYPT,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {"runs", "cuts", "batches", "manifests"},
        "s3:PutObject": {"runs", "cuts", "batches", "manifests"},
    },
    "CheckParametersRole": {"cloudformation:DescribeStacks": {"the stack"}},
    "CloseHarvestRole": {
        **DECRYPT,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {"runs", "givenup", "landed", "manifests"},
        "s3:PutObject": {"runs", "givenup"},
        "s3:DeleteObject": {"givenup"},
    },
    "SendNoticeRole": {
        "kms:Decrypt": {*DECRYPT["kms:Decrypt"], "unless MakeTopic: the topic's own key"},
        "kms:GenerateDataKey": {
            *ENCRYPT["kms:GenerateDataKey"],
            "unless MakeTopic: the topic's own key",
        },
        **LIST,
        "s3:GetObject": {"notices", "runs"},
        "s3:PutObject": {"notices"},
        "s3:DeleteObject": {"notices"},
        "sns:Publish": {"the topic"},
    },
    "CheckFreshnessRole": {
        **READ_KEY,
        **DECRYPT_SECRET,
        **ENCRYPT,
        **LIST,
        "events:PutEvents": {"the bus"},
        "s3:GetObject": {"the newest complete run", "what the last look found"},
        "s3:PutObject": {"what the last look found"},
        "scheduler:GetSchedule": {"the schedule"},
    },
    "BatchStateMachineRole": {
        **DECRYPT,
        **ENCRYPT,
        **LIST,
        "s3:GetObject": {"runs"},
        "s3:PutObject": {"runs"},
        "s3:ListMultipartUploadParts": {"runs"},
        "s3:AbortMultipartUpload": {"runs"},
        "events:PutEvents": {"the bus"},
    },
    "ExportStateMachineRole": {"events:PutEvents": {"the bus"}},
    "HarvestStateMachineRole": {"events:PutEvents": {"the bus"}},
    "CheckFreshnessScheduleRole": {},
    "ScheduleRole": {},
}
"""Beside logs and traces, and what machines start, which tests of the definitions compare."""

_VIA_SECRETS_MANAGER = {
    "StringEquals": {
        "kms:ViaService": [
            {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"},
            {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"},
        ],
        "kms:EncryptionContext:SecretARN": {"Ref": "ApiKeySecretArn"},
    }
}
_VIA_SNS = {
    "StringEquals": {
        "kms:ViaService": [
            {"Fn::Sub": "sns.${AWS::Region}.amazonaws.com"},
            {"Fn::Sub": "sns.${AWS::Region}.${AWS::URLSuffix}"},
        ]
    }
}
_BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"


def _place(resource: Tree, statement: Tree) -> str:
    """A resource in a word; one that is not known as it is."""
    known: dict[str, object] = {
        "the bucket": {"Fn::GetAtt": ["ExportBucket", "Arn"]},
        "the bus": {"Fn::Sub": _BUS},
        "the stack": {"Ref": "AWS::StackId"},
        "the schedule": {"Fn::GetAtt": ["BatchStateMachineSchedule", "Arn"]},
        "the newest complete run": {"Fn::Sub": "${ExportBucket.Arn}/batches/complete.json"},
        "what the last look found": {"Fn::Sub": "${ExportBucket.Arn}/notices/freshness.json"},
        "KmsKeyArn": {"Ref": "KmsKeyArn"},
        "the API key": {
            "Fn::If": [
                "MakeSecret",
                {"Fn::GetAtt": ["ApiKeySecret", "Id"]},
                {"Ref": "ApiKeySecretArn"},
            ]
        },
        **{
            folder: {"Fn::Sub": f"${{ExportBucket.Arn}}/{folder}/*"}
            for folder in (*LANDED, "staging", "runs", "cuts", "batches", "givenup", "notices")
        },
        "the topic": {
            "Fn::If": ["MakeTopic", {"Ref": "NotificationTopic"}, {"Ref": "NotificationTopicArn"}]
        },
    }
    for word, meant in known.items():
        if resource == meant and "Condition" not in statement:
            return word
    keys = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"
    if resource == {"Fn::Sub": keys} and statement.get("Condition") == _VIA_SECRETS_MANAGER:
        return "the secret's own key"
    if resource == {"Fn::Sub": keys} and statement.get("Condition") == _VIA_SNS:
        return "the topic's own key"
    return f"{resource} {statement.get('Condition')}"


def _allowed(name: str, without: str | None = None) -> dict[str, set[str]]:
    """Places by action, of all of a role's policies but one."""
    found: dict[str, set[str]] = {}
    for policy in ROLES[name]["Policies"]:
        if policy["PolicyName"] == without:
            continue
        for each in policy["PolicyDocument"]["Statement"]:
            condition, statement, otherwise = each.get("Fn::If", ["", each, None])
            if statement == {"Ref": "AWS::NoValue"}:
                condition, statement, otherwise = f"unless {condition}", otherwise, statement
            # A condition's other side is nothing.
            assert otherwise in (None, {"Ref": "AWS::NoValue"})
            actions, places = (
                value if isinstance(value, list) else [value]
                for value in (statement["Action"], statement["Resource"])
            )
            for action in actions:
                for place in places:
                    word = _place(place, statement)
                    told = f"{condition}: {word}" if condition else word
                    found.setdefault(action, set()).add(told)
    return found


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_do_what_its_function_or_machine_does_and_nothing_else(name: str) -> None:
    elsewhere = ("logs:", "xray:", "lambda:", "states:", "sqs:", "events:PutT", "events:PutR")
    found = {
        action: places
        for action, places in _allowed(name).items()
        if not action.startswith((*elsewhere, "events:DescribeRule"))
    }
    assert found == MAY[name]


@pytest.mark.parametrize("name", ROLES)
def test_what_reads_objects_decrypts_them_whatever_is_allowed_for_the_api_key(name: str) -> None:
    objects = _allowed(name, without="read-api-key")
    if "s3:GetObject" in objects:
        assert objects["kms:Decrypt"] >= DECRYPT["kms:Decrypt"]


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_write_into_its_own_log_and_trace(name: str) -> None:
    found = _allowed(name)
    traces = {action for action in found if action.startswith("xray:")}
    if name.endswith("ScheduleRole"):
        assert traces == set()
    elif name.endswith("StateMachineRole"):
        sampling = {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
        assert traces == {"xray:PutTraceSegments", "xray:PutTelemetryRecords", *sampling}
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
        assert {action.partition(":")[2] for action in found if action.startswith("logs:")} == {
            *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"),
            *("ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"),
            "DescribeLogGroups",
        }
    else:
        assert traces == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
        group = str({"Fn::GetAtt": [f"{name.removesuffix('Role')}LogGroup", "Arn"]})
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            assert found[action] == {f"{group} None"}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_is_taken_by_its_service_alone_and_for_this_account(name: str) -> None:
    (statement,) = ROLES[name]["AssumeRolePolicyDocument"]["Statement"]
    services = {"ScheduleRole": "scheduler", "StateMachineRole": "states"}
    service = next((it for end, it in services.items() if name.endswith(end)), "lambda")
    assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    if service == "lambda":
        # A role that is passed to a function is in the function's account already.
        assert "Condition" not in statement
    else:
        account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert statement["Condition"] == account
