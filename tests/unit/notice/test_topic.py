"""What SNS is handed, and what its refusals become."""

import json
from typing import TYPE_CHECKING, cast

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from sei_export.errors import ConfigurationError, SeiExportError, ServiceUnavailableError
from sei_export.notice.topic import Topic
from tests.fakes.notices import Office, export_failed

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

ARN = "arn:aws:sns:eu-west-1:123456789012:notices"


def client() -> "SNSClient":
    """SNS, with keys of nobody."""
    made = Session().create_client(
        "sns", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return cast("SNSClient", made)


def test_mails_get_the_text_and_all_others_the_form_for_chats() -> None:
    office, sns = Office(), client()
    office.hear("ExportFailed", export_failed())
    (notice,) = office.sent
    message = {"default": json.dumps(notice.chat()), "email": notice.mail()}
    expected = {
        "TopicArn": ARN,
        "Subject": notice.subject,
        "Message": json.dumps(message),
        "MessageStructure": "json",
        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "failed"}},
    }
    with Stubber(sns) as stub:
        stub.add_response("publish", {"MessageId": "1"}, expected)
        Topic(sns, ARN).send(notice)


@pytest.mark.parametrize(
    ("code", "status", "becomes"),
    [
        ("AuthorizationError", 403, ConfigurationError),
        ("KMSAccessDenied", 400, ConfigurationError),
        ("NotFound", 404, ConfigurationError),
        ("InternalError", 500, ServiceUnavailableError),
        ("Throttling", 400, ServiceUnavailableError),
    ],
)
def test_what_passes_is_tried_again_and_what_does_not_says_what_to_check(
    code: str, status: int, becomes: type[SeiExportError]
) -> None:
    office, sns = Office(), client()
    office.hear("ExportFailed", export_failed())
    with Stubber(sns) as stub:
        stub.add_client_error("publish", code, http_status_code=status)
        with pytest.raises(becomes, match=f"SNS .*{code}"):
            Topic(sns, ARN).send(office.sent[0])
