"""What a failure tells whoever reads the execution or the log."""

import pytest


def told(error: BaseException, log: pytest.LogCaptureFixture | None = None) -> str:
    """The texts of an error, of the errors that a traceback shows with it, and of our log."""
    texts = []
    shown: BaseException | None = error
    while shown is not None:
        texts.append(f"{type(shown).__name__}: {shown}")
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    records = log.records if log else []
    texts += [record.getMessage() for record in records if record.name.startswith("sei_export")]
    return "\n".join(texts)
