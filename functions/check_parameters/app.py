"""Custom resource CheckParameters: a wrong BatchPlan or DefaultRequest ends the deployment."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.handler import entry, logger
from sei_export.jsontypes import JsonObject
from sei_export.steps.check_parameters import check_parameters


@entry(correlation_id_path="StackId")
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:  # noqa: ARG001 - Lambda passes it
    """Take CloudFormation's request; answer it, and return the answer."""
    answer = check_parameters(
        event, settings.batch_defaults, lambda stack: wiring.stacks().is_rolling_back(stack)
    )
    logger.info("Parameters checked", request=event["RequestType"], status=answer["Status"])
    return answer
