"""The fields of a distributed Map are JSONata, as everywhere in a machine of that language.

The emulator takes them literally. Here its own evaluation is put around them, so that the
definition which runs is the one that is deployed to AWS.
"""

import json
from typing import Any

from ministack.services import (  # type: ignore[import-not-found]  # of another environment
    stepfunctions as engine,
)

_resolve = engine._resolve_params_obj
_run_map = engine._run_distributed_map


def _resolved(template: Any, data: Any, context: Any = None) -> Any:
    if '"{%' in json.dumps(template):
        return engine._apply_jsonata_template(template, data, context)
    return _resolve(template, data, context)


def _mapped(
    state: Any, raw_input: Any, effective: Any, processor: Any, execution: Any, context: Any
) -> Any:
    concurrency = engine._apply_jsonata_template(state.get("MaxConcurrency"), raw_input, context)
    state = {**state, "MaxConcurrency": concurrency}
    results, following = _run_map(state, raw_input, effective, processor, execution, context)
    output = engine._apply_jsonata_output(state, raw_input, context, results, default=results)
    engine._apply_state_assign(state, raw_input, context, result=results)
    return output, following


engine._resolve_params_obj = _resolved
engine._run_distributed_map = _mapped
