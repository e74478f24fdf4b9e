"""A program: import a function's handler, call it once, and print what the call took, in ms.

Run with the function's folder and the layer on the path, as Lambda does.
"""

import importlib
import json
import sys
import time


class Context:
    """As much of Lambda's context as handlers look at."""

    function_name = "benchmark"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"
    aws_request_id = "1"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the end."""
        return 60_000


event = json.loads(sys.argv[1])
handler = importlib.import_module("app").handler
begun = time.perf_counter()
handler(event, Context())
print(f"\n{(time.perf_counter() - begun) * 1000:.3f}")
