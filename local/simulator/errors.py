"""The one error of the API, and the two forms of its JSON body."""

from typing import Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

type ErrorShape = Literal["message", "error"]


class ErrorBody(BaseModel):
    """What a refused call answers."""

    model_config = ConfigDict(extra="forbid")

    message: str


class OtherErrorBody(BaseModel):
    """What a refused call answers in another dialect."""

    model_config = ConfigDict(extra="forbid")

    error: str


class ApiError(Exception):
    """A call that is refused with an HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self, shape: ErrorShape) -> JSONResponse:
        """Return the answer to send."""
        return JSONResponse({shape: self.message}, self.status)
