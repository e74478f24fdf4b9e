"""A Choice that takes its Default leaves with its own `Output`; the emulator leaves with the input.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from typing import Any

from ministack.services import (  # type: ignore[import-not-found]  # of another environment
    stepfunctions as engine,
)

_choose = engine._execute_choice
_DEFAULT = "(the default)"


def _chosen(state: Any, raw_input: Any, context: Any = None) -> Any:
    if engine._state_query_language(state, context) != "JSONata" or "Default" not in state:
        return _choose(state, raw_input, context)
    bare = {key: value for key, value in state.items() if key != "Assign"} | {"Default": _DEFAULT}
    output, following = _choose(bare, raw_input, context)
    if following != _DEFAULT:
        return output, following
    # In this order: the output does not see what is assigned here.
    output = engine._apply_jsonata_output(state, raw_input, context, default=raw_input)
    engine._apply_state_assign(state, raw_input, context)
    return output, state["Default"]


engine._execute_choice = _chosen
