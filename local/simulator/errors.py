"""The one error of the API, and its JSON body."""

from fastapi.responses import JSONResponse
from pydantic import BaseModel


class ErrorBody(BaseModel):
    """What every refused call answers."""

    message: str


class ApiError(Exception):
    """A call that is refused with an HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> JSONResponse:
        """Return the answer to send."""
        return JSONResponse(ErrorBody(message=self.message).model_dump(), self.status)
