"""The bucket, the secret and the queue: who gets at them, and how long they keep what they have."""

import pytest

from local.gates.template import Tree, load_template
from tests.statemachine import machine
from tests.template.template import resource, resources

TEMPLATE = load_template()
BUCKET = resource(TEMPLATE, "ExportBucket")
RULES: dict[str, Tree] = {rule["Id"]: rule for rule in BUCKET["LifecycleConfiguration"]["Rules"]}
DAYS = {"Ref": "ExportRetentionDays"}


def test_no_rule_of_the_bucket_is_off() -> None:
    assert {rule["Status"] for rule in RULES.values()} == {"Enabled"}


@pytest.mark.parametrize(
    ("name", "prefix", "days", "days_of_old_versions"),
    [
        ("retention-of-files", "exports/", DAYS, DAYS),
        ("retention-of-harvested-files", "harvested/", DAYS, DAYS),
        ("retention-of-manifests", "manifests/", DAYS, DAYS),
        ("retention-of-series", "series/", 400, 30),
        ("retention-of-what-is-given-up", "givenup/", 400, 30),
        ("retention-of-runs", "runs/", {"Ref": "RunRetentionDays"}, 30),
        ("staged-downloads", "staging/", 1, 1),
    ],
)
def test_what_expires_expires_with_its_old_versions(
    name: str, prefix: str, days: object, days_of_old_versions: object
) -> None:
    rule = RULES[name]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == (prefix, days)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": days_of_old_versions}


def test_marks_and_cuts_never_expire() -> None:
    prefixes = {rule["Prefix"] for rule in RULES.values() if "ExpirationInDays" in rule}
    assert prefixes == {rule["Prefix"] for rule in RULES.values() if "Prefix" in rule}
    assert not prefixes & {"landed/", "cuts/"}


def test_uploads_without_an_end_and_markers_without_a_file_are_cleaned_up_everywhere() -> None:
    uploads = RULES["abort-incomplete-uploads"]
    assert uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    markers = RULES["markers-of-deleted-files"]
    assert markers["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in uploads | markers


def test_a_batch_ends_before_its_folder_does() -> None:
    longest = machine.load(machine.BATCH)["TimeoutSeconds"]
    assert TEMPLATE["Parameters"]["RunRetentionDays"]["MinValue"] * 86_400 > longest


def test_a_download_ends_before_what_is_staged_does() -> None:
    states = machine.states(machine.load())
    ready = machine.entries(states["IsExportReady"], "Choices")[0]
    assert ready["Assign"]["deadlineMillis"] == "{% $millis() + 72000000 %}"
    days = RULES["staged-downloads"]["ExpirationInDays"]
    assert days * 86_400_000 > 72_000_000


def test_files_outlive_the_stack_and_a_bucket_that_is_replaced() -> None:
    bucket = resources(TEMPLATE)["ExportBucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_bucket_and_the_secret_use_the_key_that_is_given() -> None:
    (rule,) = BUCKET["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    given = {"Fn::If": ["UseKmsKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
    assert rule == {
        # One call of KMS for many objects.
        "BucketKeyEnabled": {"Fn::If": ["UseKmsKey", True, False]},
        "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": {"Fn::If": ["UseKmsKey", "aws:kms", "AES256"]},
            "KMSMasterKeyID": given,
        },
    }
    assert resource(TEMPLATE, "ApiKeySecret")["KmsKeyId"] == given


def test_objects_belong_to_the_buckets_owner() -> None:
    assert BUCKET["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(
    ("policy", "action", "resources_of_it"),
    [
        pytest.param(
            "ExportBucketPolicy",
            "s3:*",
            [{"Fn::GetAtt": ["ExportBucket", "Arn"]}, {"Fn::Sub": "${ExportBucket.Arn}/*"}],
            id="bucket",
        ),
        pytest.param(
            "DeadLetterQueuePolicy", "sqs:*", {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}, id="queue"
        ),
    ],
)
def test_nobody_may_do_anything_without_tls(
    policy: str, action: str, resources_of_it: object
) -> None:
    first, *others = resource(TEMPLATE, policy)["PolicyDocument"]["Statement"]
    assert first == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources_of_it,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    # What else there is has tests of its own.
    assert len(others) == (2 if policy == "ExportBucketPolicy" else 1)


def test_what_could_not_be_started_is_kept_encrypted_for_as_long_as_a_queue_can() -> None:
    queue = resource(TEMPLATE, "DeadLetterQueue")
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert queue["SqsManagedSseEnabled"] is True
