"""The two kinds of JSON: what the service takes, and what it answers."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Strict(BaseModel):
    """Taken from outside, in camelCase only; an unknown field is an error."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Answer(BaseModel):
    """Made here, and written in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)
