"""What is remembered of exports that differ in their dates only: how long the last one took."""

from dataclasses import dataclass

from sei_export.jsontypes import JsonObject, read_seconds


@dataclass(frozen=True, slots=True)
class Series:
    """What is remembered of exports that differ in their dates only.

    Attributes:
        duration_seconds: How long the last one took; 0 if unknown.
    """

    duration_seconds: float

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {"durationSeconds": self.duration_seconds}

    @classmethod
    def from_json(cls, content: JsonObject) -> "Series":
        """Read it; an empty or strange one knows nothing."""
        try:
            return cls(read_seconds(content["durationSeconds"]))
        except (KeyError, TypeError):
            return cls(0.0)
