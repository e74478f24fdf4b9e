"""Where things are in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
CLOUD_PYTHON = LOCAL / "env" / "cloud" / "bin" / "python"
"""Has the local cloud and nothing else."""
RUNTIME_PYTHON = LOCAL / "env" / "runtime" / "bin" / "python"
"""Has what AWS's python3.13 runtime has: its runtime client and boto3."""
GATES_PYTHON = LOCAL / "env" / "gates" / "bin" / "python"
"""Has the programs that look for what is unsafe."""
STACK_FILE = LOCAL / "stack.json"
"""Written by `make up`: where the stack is and what it is called."""
