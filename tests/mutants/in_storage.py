"""Faults in the template: the bucket, the secret, the queue, and what roles may do."""

from tests.mutants.edit import Edit

_KMS_OF_LOOK = """              - !If
                - UseKmsKey
                - Effect: Allow
                  Action: kms:Decrypt
                  Resource: !Ref KmsKeyArn
                - !Ref AWS::NoValue
"""
_NONCURRENT_DAYS = "            NoncurrentVersionExpiration: {NoncurrentDays: %s}\n"
_RETENTION = _NONCURRENT_DAYS % "!Ref ExportRetentionDays"


def _rule(name: str) -> tuple[str, ...]:
    return "  ExportBucket:", f"- Id: {name}"


def _disabled(name: str) -> Edit:
    return Edit(f"the rule {name} is off", _rule(name), "Status: Enabled", "Status: Disabled")


_BUCKET = "  ExportBucket:"

FAULTS = (
    Edit(
        "old versions of what is staged are kept",
        _rule("staged-downloads"),
        _NONCURRENT_DAYS % 1,
    ),
    Edit("old versions of files are kept", _rule("retention-of-files"), _RETENTION),
    Edit("old versions of manifests are kept", _rule("retention-of-manifests"), _RETENTION),
    Edit("old versions of runs are kept", _rule("retention-of-runs"), _NONCURRENT_DAYS % 30),
    *(
        _disabled(name)
        for name in (
            *("abort-incomplete-uploads", "retention-of-files", "retention-of-manifests"),
            *("retention-of-runs", "staged-downloads", "markers-of-deleted-files"),
        )
    ),
    Edit(
        "what is staged is gone before a download ends",
        _rule("staged-downloads"),
        "Prefix: staging/",
        "Prefix: exports/",
    ),
    Edit("marks expire", _rule("retention-of-manifests"), "Prefix: manifests/", "Prefix: landed/"),
    Edit(
        "a run is gone before its batch",
        _rule("retention-of-runs"),
        "InDays: !Ref RunRetentionDays",
        "InDays: 100",
    ),
    Edit("look decrypts nothing", ("- &look",), _KMS_OF_LOOK),
    Edit("the key is not decrypted", ("- &read-api-key",), _KMS_OF_LOOK),
    Edit(
        "a key of any service is decrypted",
        ("- &read-api-key",),
        "                      kms:ViaService:\n"
        "                        - !Sub secretsmanager.${AWS::Region}.amazonaws.com\n"
        "                        - !Sub secretsmanager.${AWS::Region}.${AWS::URLSuffix}\n",
    ),
    Edit(
        "any secret is decrypted",
        ("- &read-api-key",),
        "                      kms:EncryptionContext:SecretARN: !Ref ApiKeySecretArn\n",
    ),
    Edit("nothing lands encrypted", ("- &land",), "kms:GenerateDataKey, ", ""),
    Edit("what has landed is not marked", ("- &land",), "/landed/*", "/runs/*"),
    Edit("an upload is not given up", ("- &land",), ", s3:AbortMultipartUpload", ""),
    *(
        Edit(
            f"a staged download may not {action}",
            ("- PolicyName: stage",),
            f"                  - s3:{action}\n",
        )
        for action in ("PutObject", "DeleteObject", "ListMultipartUploadParts")
    ),
    Edit("a plan may not see cuts", ("- PolicyName: plan",), "/cuts/*", "/landed/*"),
    Edit(
        "a plan may write anything",
        ("- PolicyName: plan",),
        "Resource: !Sub ${ExportBucket.Arn}/runs/*",
        "Resource: !Sub ${ExportBucket.Arn}/*",
    ),
    Edit(
        "a plan may not see runs", ("- PolicyName: plan",), "- !Sub ${ExportBucket.Arn}/runs/*", ""
    ),
    Edit(
        "an outcome may not be read",
        ("- PolicyName: record",),
        "[s3:PutObject, s3:GetObject]",
        "s3:PutObject",
    ),
    Edit("a batch may not remember cuts", ("- PolicyName: close",), "/cuts/*", "/runs/*"),
    Edit(
        "an item may be read by nobody",
        ("  BatchStateMachineRole:",),
        "- s3:GetObject\n",
        "- s3:GetObjectTagging\n",
    ),
    Edit(
        "any account's machines may take the roles",
        ("&states-may-assume",),
        "            Condition:\n"
        "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}\n",
    ),
    Edit(
        "any account's schedules may take the role",
        ("&scheduler-may-assume",),
        "            Condition:\n"
        "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}\n",
    ),
    Edit(
        "an event may go to any bus", ("- &announce",), "event-bus/${EventBusName}", "event-bus/*"
    ),
    Edit(
        "what could not be started is soon lost",
        ("  DeadLetterQueue:",),
        "1209600",
        "3600",
    ),
    Edit("letters are not encrypted", ("  DeadLetterQueue:",), "true", "false"),
    Edit("letters go anywhere", ("  ScheduleRole:",), "!GetAtt DeadLetterQueue.Arn", '"*"'),
    *(
        Edit(f"{field} is off", (_BUCKET,), f"{field}: true", f"{field}: false")
        for field in (
            *("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"),
            "EventBridgeEnabled",
        )
    ),
    Edit("files have owners", (_BUCKET,), "BucketOwnerEnforced", "ObjectWriter"),
    Edit("there is one version", (_BUCKET,), "{Status: Enabled}", "{Status: Suspended}"),
    Edit("files go with the stack", (_BUCKET,), "DeletionPolicy: Retain", "DeletionPolicy: Delete"),
    Edit(
        "files go with a bucket that is replaced",
        (_BUCKET,),
        "UpdateReplacePolicy: Retain",
        "UpdateReplacePolicy: Delete",
    ),
    Edit(
        "the key is not used",
        (_BUCKET,),
        "[UseKmsKey, aws:kms, AES256]",
        "[UseKmsKey, AES256, AES256]",
    ),
    Edit(
        "each object asks for a key",
        (_BUCKET,),
        "[UseKmsKey, true, false]",
        "[UseKmsKey, false, false]",
    ),
    Edit(
        "the bucket takes plain HTTP",
        ("  ExportBucketPolicy:",),
        'aws:SecureTransport: "false"',
        'aws:SecureTransport: "true"',
    ),
    Edit(
        "objects go by plain HTTP",
        ("  ExportBucketPolicy:",),
        '[!GetAtt ExportBucket.Arn, !Sub "${ExportBucket.Arn}/*"]',
        "[!GetAtt ExportBucket.Arn]",
    ),
    Edit(
        "only reading needs TLS", ("  ExportBucketPolicy:",), "Action: s3:*", "Action: s3:GetObject"
    ),
    Edit(
        "the secret has another key",
        ("  ApiKeySecret:",),
        "      KmsKeyId: !If [UseKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n",
    ),
)
