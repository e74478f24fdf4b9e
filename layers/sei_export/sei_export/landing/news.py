"""What a landing is to those who heard of the one before: news or none, and of which kind.

A version is news, whatever its content: S3's own listeners hear of each. So `changed` is false if
and only if the version that the manifest describes is still the current one.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from sei_export.bucket.stored import StoredObject
from sei_export.landing.publishing import Standing
from sei_export.manifest import Manifest, Previous


class Reason(StrEnum):
    """Why there is a new version."""

    NEW = "new"
    """Nothing was known to be here."""

    RESTATED = "restated"
    """The content differs."""

    RESTORED = "restored"
    """The same content, whose version somebody had deleted or replaced."""

    REFRESHED = "refreshed"
    """The same content, put again before the bucket's retention deletes it."""


class News(NamedTuple):
    """What is new.

    Attributes:
        changed: Whether the manifest before does not describe this very version.
        reason: One of `Reason`; None if nothing changed.
        previous: What that manifest describes; None if nothing changed, or if there was none.
    """

    changed: bool
    reason: str | None = None
    previous: Previous | None = None


def news_of(
    stored: StoredObject,
    content_sha256: str,
    replaced: Standing,
    is_repeated: Callable[[Manifest], bool],
) -> News:
    """Tell what is new.

    Args:
        stored: The version that is current now.
        content_sha256: Its content's.
        replaced: What stood there before.
        is_repeated: Whether a manifest of the same content was written by a try whose event may
            have reached nobody: what it says of itself is said again then.
    """
    said = replaced.said
    if said is None:
        return News(changed=True, reason=Reason.NEW)
    previous = Previous(said.version_id, said.rows, said.content_sha256, said.completed_at)
    if said.content_sha256 != content_sha256:
        return News(changed=True, reason=Reason.RESTATED, previous=previous)
    if _is_version(stored, said):
        if is_repeated(said):
            return News(said.changed, said.reason, said.previous)
        return News(changed=False)
    was_current = replaced.present and _is_version(replaced.present, said)
    reason = Reason.REFRESHED if was_current else Reason.RESTORED
    return News(changed=True, reason=reason, previous=previous)


def _is_version(stored: StoredObject, said: Manifest) -> bool:
    return (stored.version_id, stored.etag) == (said.version_id, said.etag)
