"""A rule's function is invoked as on AWS: again if it fails, then its failure is handed on.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import json

from ministack.services import (  # type: ignore[import-not-found]  # of another environment
    eventbridge,
    lambda_svc,
)


def _dispatched(arn: str, payload: str) -> None:
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        eventbridge.logger.warning("A rule's function %s is not there", name)
        return
    record = lambda_svc._execution_record_for_config(function, config)
    # What decides on further tries belongs to the function, not to a version of it.
    told = {name: function[name] for name in _OF_FAILURES if name in function}
    lambda_svc.invoke_async_with_retry({**record, **told}, json.loads(payload))


_OF_FAILURES = ("event_invoke_config", "event_invoke_configs")

eventbridge._dispatch_to_lambda = _dispatched
