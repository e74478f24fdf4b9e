"""One place in the bucket and many who publish to it: a file's key and its manifest's.

Executions of one request, and those of others that have the same key, may land at the same time.
Each looks at what stands there and replaces just that; who was not quick enough looks again. So the
newest export wins, however many there are, and the manifest describes it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.bucket.publish import Upload
from sei_export.bucket.refusals import LostRaceError
from sei_export.bucket.stored import StoredObject
from sei_export.clock import Deadline
from sei_export.errors import CorruptDownloadError, ServiceUnavailableError
from sei_export.export import Export
from sei_export.landing.csvcheck import CsvFacts
from sei_export.manifest import SUPERSEDED_BY, Manifest

_PAUSE_SECONDS = 0.1
_DOUBLINGS = 5
"""Who has lost a race more than once waits, up to twice as long each time; each for another time,
so that of many one gets through."""

_LOOKS = 8
"""For the manifest of a newer object, which is written a moment after it."""


class SupersededError(Exception):
    """A newer export has landed: the older one is not published.

    Attributes:
        newer: What is said of it.
    """

    def __init__(self, newer: Manifest) -> None:
        self.newer = newer
        super().__init__(f"{newer.export_id} is newer.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a place.

    Attributes:
        present: The object; None if there is none.
        said: What the manifest says, whichever object it is about; None if there is none.
        etag: Of the manifest's document; None if there is none.
        is_superseded: Whether the manifest says that a plan's list no longer has the file.
    """

    present: StoredObject | None
    said: Manifest | None
    etag: str | None
    is_superseded: bool

    @property
    def rows(self) -> int | None:
        """How many rows the object has: none without an object, None if nobody wrote it down."""
        if self.present is None:
            return 0
        if self.said and self.said.etag == self.present.etag:
            return self.said.rows
        return None


class _Newer(NamedTuple):
    """A newer export in this place.

    Attributes:
        export_id: Its id.
        created_at: When it was created.
        said: The manifest, if that is about it.
    """

    export_id: str | None
    created_at: str
    said: Manifest | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an export's file and manifest are.

    Attributes:
        store: The bucket's objects.
        documents: The bucket's JSON documents.
        key: Of the file.
        manifest_key: Of the manifest.
        deadline: By when racing has to end.
        fresh_for: How long a version counts as fresh; an older one is put again, though its content
            is the same, before the bucket's retention deletes it. None: for ever.
    """

    store: ObjectStore
    documents: Documents
    key: str
    manifest_key: str
    deadline: Deadline
    fresh_for: timedelta | None = None

    def look(self) -> Standing:
        """Tell what stands there.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        # The manifest first: one that is replaced after this look cannot be replaced by it, and so
        # none of an object that is not there any more gets over the one of the object that is.
        document = self.documents.read_json(self.manifest_key)
        content = document.content
        return Standing(
            present=self.store.head(self.key),
            said=Manifest.from_json(content),
            etag=document.etag,
            is_superseded=SUPERSEDED_BY in content,
        )

    def publish(
        self, upload: Upload, export: Export, facts: CsvFacts, standing: Standing
    ) -> tuple[StoredObject, Standing]:
        """Publish over what stands there, unless that has the same content or is newer.

        What stands there may change meanwhile. It may also be this call's own, if S3's answer got
        lost and the SDK tried again.

        Args:
            upload: All of the file, verified.
            export: Whose it is.
            facts: What the file has.
            standing: What stood there before.

        Returns:
            The object that has the content now, and what stood there at last.

        Raises:
            SupersededError: What stands there is newer.
            CorruptDownloadError: The file is empty, and what stands there is not.
            StorageError: S3 refuses.
            ServiceUnavailableError: S3 does not answer, or others are quicker without end.
        """
        tries = 0
        while True:
            present = standing.present
            newer = _newer(standing, export)
            if newer and newer.said:
                raise SupersededError(newer.said)
            if present:
                if not _has_content(present, upload, facts, standing.said):
                    if newer:
                        # Its own execution is about to describe it.
                        standing = self._look_again(newer, tries)
                        tries += 1
                        continue
                    _refuse_over_rows(upload.url, present, facts, standing.rows)
                elif newer or self._is_fresh(present):
                    return present, standing
            try:
                return upload.publish(present, facts.sha256), standing
            except LostRaceError:
                self._pause(tries, upload.url)
                standing = self.look()
            except ServiceUnavailableError:
                # The answer may have got lost, not the object.
                present = self.store.head(upload.key)
                if present is None or not upload.has_bytes_of(present):
                    raise
                return present, standing
            tries += 1

    def describe(self, manifest: Manifest, etag: str | None) -> None:
        """Write the manifest, unless a later run has replaced the object that it describes.

        Args:
            manifest: What is said of the object.
            etag: Of the document that it replaces, as `look` found it.

        Raises:
            StorageError: S3 refuses.
            ServiceUnavailableError: S3 does not answer, or others are quicker without end.
        """
        tries = 0
        while True:
            try:
                self.documents.replace_json(self.manifest_key, manifest.to_json(), etag)
            except LostRaceError:
                self._pause(tries, f"s3://{self.store.bucket}/{self.manifest_key}")
                standing = self.look()
                if standing.present is None or standing.present.etag != manifest.etag:
                    return
                is_same = standing.said and _is_about_the_same(standing.said, manifest)
                if is_same and not standing.is_superseded:
                    # A twin's, or this one's own after an answer that got lost.
                    return
                etag = standing.etag
            else:
                return
            tries += 1

    def _look_again(self, newer: _Newer, tries: int) -> Standing:
        if tries >= _LOOKS:
            raise ServiceUnavailableError(
                f"s3://{self.store.bucket}/{self.key} holds the newer export {newer.export_id}, of "
                f"{newer.created_at}, which has no manifest.",
                remedy="If that export's execution failed, start it anew; the newer file stays.",
            )
        self._pause(tries, f"s3://{self.store.bucket}/{self.key}")
        return self.look()

    def _is_fresh(self, present: StoredObject) -> bool:
        if self.fresh_for is None or present.modified is None:
            return True
        return self.deadline.clock.now() - present.modified < self.fresh_for

    def _pause(self, tries: int, url: str) -> None:
        """Wait before another try, as long as there is time; the second one comes at once."""
        if not tries:
            return
        longest = _PAUSE_SECONDS * 2 ** min(tries - 1, _DOUBLINGS)
        pause = longest * (1 + self.deadline.clock.chance()) / 2
        if pause >= self.deadline.left():
            raise ServiceUnavailableError(
                f"Other executions kept replacing {url}.",
                remedy="Schedule requests for the same key at different times.",
            )
        self.deadline.sleep(pause)


def _newer(standing: Standing, export: Export) -> _Newer | None:
    present, said = standing.present, standing.said
    if present is None:
        return None
    if said and (said.version_id, said.etag) != (present.version_id, present.etag):
        said = None
    # An object keeps what it says of itself where a newer export turned out to be the same: then
    # only the manifest knows.
    if said and _is_later(said.created_at, present.created_at):
        newer = _Newer(keys.id_part(said.export_id), said.created_at, said)
    else:
        newer = _Newer(present.export_id, present.created_at, said)
    is_same = newer.export_id == keys.id_part(export.export_id)
    return newer if not is_same and _is_later(newer.created_at, export.created_at) else None


def _is_later(one: str, other: str) -> bool:
    """Tell whether a time is later than another; not if either cannot be read."""
    first, second = dates.read_moment(one), dates.read_moment(other)
    return bool(first and second and first > second)


def _refuse_over_rows(url: str, present: StoredObject, facts: CsvFacts, rows: int | None) -> None:
    """An empty answer may be a failure of the API's; a header at least is its own word."""
    if facts.columns or rows == 0:
        return
    holds = "a file whose rows nobody has written down" if rows is None else f"{rows} rows"
    raise CorruptDownloadError(
        f"The file is empty, and {url} holds {holds}, of export {present.export_id}: an empty "
        "answer does not replace them.",
        remedy=(
            f"If the data is really gone, delete that object (aws s3 rm '{url}'; the bucket keeps "
            "its versions) and start a new execution. Else start one 30 minutes after the first: "
            "until then the API may hand out the same export."
        ),
    )


def _has_content(
    present: StoredObject, upload: Upload, facts: CsvFacts, said: Manifest | None
) -> bool:
    """Tell whether an object provably has this content.

    By what was written down about it, since the API may compress the same CSV differently each
    time. Where nothing was, by size and CRC-32 of the bytes: either alone is not proof enough.
    """
    known = present.content_sha256
    if known is None and said and said.etag == present.etag:
        known = said.content_sha256
    return upload.has_bytes_of(present) if known is None else known == facts.sha256


def _is_about_the_same(one: Manifest, other: Manifest) -> bool:
    """Tell whether two manifests describe the very same object."""
    return (one.key, one.version_id, one.etag, one.content_sha256) == (
        *(other.key, other.version_id, other.etag, other.content_sha256),
    )
