"""Faults in the template that only AWS would find, by the tests that judge it in AWS's place."""

from tests.mutants.edit import Edit

FAULTS: dict[str, tuple[Edit, ...]] = {
    "test_conditions.py": (
        Edit(
            "a secret is made where one is given",
            ("  ApiKeySecret:",),
            "Condition: MakeSecret",
            "Condition: UseExistingSecret",
        ),
        Edit(
            "both layers are for one choice",
            ("  SeiExportX86Layer:",),
            "Condition: UseX86",
            "Condition: UseArm",
        ),
        Edit(
            "nobody is let in by name",
            ("  ExportBucketPolicy:",),
            "- HasReaders\n            - Sid: ReadersGet",
            "- MakeSecret\n            - Sid: ReadersGet",
        ),
        Edit(
            "a key without a name is used",
            ("  ExportBucket:",),
            "!If [UseKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]",
            "!Ref KmsKeyArn",
        ),
    ),
    "test_permissions.py": (
        Edit(
            "an action that there is not",
            ("- &deliver-logs-and-traces",),
            "logs:DescribeLogGroups",
            "logs:DescribeLogGroup",
        ),
        Edit(
            "objects are listed as if they were a bucket",
            ("- PolicyName: record",),
            "!GetAtt ExportBucket.Arn",
            "!Sub ${ExportBucket.Arn}/runs/*",
        ),
        Edit(
            "a condition that nothing meets",
            ("  CheckFreshnessScheduleRole:",),
            "aws:SourceAccount",
            "aws:SourceAcount",
        ),
        Edit("a policy in another's place", ("  BatchRunsPolicy:",), "Name: runs", "Name: plan"),
        Edit(
            "a machine may not announce",
            ("  HarvestStateMachineRole:",),
            "        - *announce\n",
        ),
    ),
    "test_names.py": (
        Edit(
            "stacks share a layer",
            ("  SeiExportArm64Layer:",),
            "!Sub ${AWS::StackName}-layer",
            "sei-export-layer",
        ),
        Edit(
            "stacks share a queue",
            ("  DeadLetterQueue:",),
            "    Properties:\n",
            "    Properties:\n      QueueName: not-started\n",
        ),
        Edit(
            "regions share a bucket",
            ("  ExportBucket:",),
            "    Properties:\n",
            "    Properties:\n      BucketName: !Sub ${AWS::StackName}-exports\n",
        ),
        Edit(
            "a role's name has to be acknowledged",
            ("  CheckExportRole:",),
            "    Properties:\n",
            "    Properties:\n      RoleName: !Select [2, !Split [/, !Ref AWS::StackId]]\n",
        ),
    ),
    "test_limits.py": (
        Edit(
            "a description is too long",
            ("  OrgTreeName:\n",),
            "Description: Name",
            f"Description: {'x' * 4001}",
        ),
        Edit("an URL has no end", ("  HarnessBaseUrl:",), "    MaxLength: 200\n"),
        Edit(
            "a plan is there twice",
            ("  PlanBatchFunction:",),
            "          BATCH_PLAN: !Ref BatchPlan\n",
            "          BATCH_PLAN: !Ref BatchPlan\n          BATCH_PLAN_AGAIN: !Ref BatchPlan\n",
        ),
        Edit(
            "a queue forbids one action too many",
            ("  DeadLetterQueuePolicy:",),
            "Action: sqs:*",
            f"Action: [{', '.join(f'sqs:{it}*' for it in 'ACDGLPRS')}]",
        ),
    ),
    "test_kinds.py": (
        Edit(
            "a role is called by its name",
            ("  CheckExportFunction:",),
            "!GetAtt CheckExportRole.Arn",
            "!Ref CheckExportRole",
        ),
        Edit(
            "a queue is called by its ARN",
            ("  DeadLetterQueuePolicy:",),
            "[!Ref DeadLetterQueue]",
            "[!GetAtt DeadLetterQueue.Arn]",
        ),
        Edit(
            "letters go to an address",
            ("  BatchStateMachine:", "        Schedule:"),
            "!GetAtt DeadLetterQueue.Arn",
            "!Ref DeadLetterQueue",
        ),
        Edit(
            "a function knows its bucket by the ARN",
            ("  CloseHarvestFunction:",),
            "!Ref ExportBucket",
            "!GetAtt ExportBucket.Arn",
        ),
        Edit(
            "an output has an ARN for an address",
            ("Outputs:", "  DeadLetterQueueUrl:"),
            "!Ref DeadLetterQueue",
            "!GetAtt DeadLetterQueue.Arn",
        ),
    ),
}
"""By the test that has to catch them, which is alone with them."""
