"""One place in the bucket and many who publish to it: a file's key and its manifest's.

Executions of one request, and those of others that have the same key, may land at the same time.
Each looks at what stands there and replaces just that; who was not quick enough looks again. So the
newest export wins, however many there are, and the manifest describes it.
"""

from dataclasses import dataclass

from sei_export import dates
from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.bucket.publish import Upload
from sei_export.bucket.refusals import LostRaceError
from sei_export.bucket.stored import StoredObject
from sei_export.clock import Deadline
from sei_export.errors import CorruptDownloadError, ServiceUnavailableError, StorageError
from sei_export.export import Export
from sei_export.landing.csvcheck import CsvFacts
from sei_export.manifest import Manifest

_PAUSE_SECONDS = 0.1
_DOUBLINGS = 5
"""Who has lost a race more than once waits, up to twice as long each time; each for another time,
so that of many one gets through."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a place.

    Attributes:
        present: The object; None if there is none.
        said: What the manifest says, whichever object it is about; None if there is none.
        etag: Of the manifest's document; None if there is none.
    """

    present: StoredObject | None
    said: Manifest | None
    etag: str | None

    @property
    def rows(self) -> int | None:
        """How many rows the object has: none without an object, None if nobody wrote it down."""
        if self.present is None:
            return 0
        if self.said and self.said.etag == self.present.etag:
            return self.said.rows
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an export's file and manifest are.

    Attributes:
        store: The bucket's objects.
        documents: The bucket's JSON documents.
        key: Of the file.
        manifest_key: Of the manifest.
        deadline: By when racing has to end.
    """

    store: ObjectStore
    documents: Documents
    key: str
    manifest_key: str
    deadline: Deadline

    def look(self) -> Standing:
        """Tell what stands there.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        # The manifest first: one that is replaced after this look cannot be replaced by it, and so
        # none of an object that is not there any more gets over the one of the object that is.
        document = self.documents.read_json(self.manifest_key)
        return Standing(
            self.store.head(self.key), Manifest.from_json(document.content), document.etag
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
            CorruptDownloadError: The file is empty, and what stands there is not.
            StorageError: S3 refuses, or what stands there is newer.
            ServiceUnavailableError: S3 does not answer, or others are quicker without end.
        """
        tries = 0
        while True:
            present = standing.present
            if present and _has_content(present, upload, facts, standing.said):
                return present, standing
            if present:
                _refuse_over_newer(upload.url, present, standing.said, export)
                _refuse_over_rows(upload.url, present, facts, standing.rows)
            try:
                return upload.publish(present, facts.sha256), standing
            except LostRaceError:
                self._pause(tries, upload.url)
                standing = self.look()
            except ServiceUnavailableError:
                # The answer may have got lost, not the object.
                present = self.store.head(upload.key)
                if present is None or present.checksum != upload.checksum:
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
                if standing.said and _is_about_the_same(standing.said, manifest):
                    # A twin's, or this one's own after an answer that got lost.
                    return
                etag = standing.etag
            else:
                return
            tries += 1

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


def _refuse_over_newer(
    url: str, present: StoredObject, said: Manifest | None, export: Export
) -> None:
    # An object keeps what it says of itself where a newer export turned out to be the same: then
    # only the manifest knows.
    newest_id, created_at = present.export_id, present.created_at
    if said and said.etag == present.etag and _is_later(said.created_at, created_at):
        newest_id, created_at = said.export_id, said.created_at
    if _is_later(created_at, export.created_at):
        raise StorageError(
            f"{url} holds the newer export {newest_id}, of {created_at}; "
            f"{export.export_id}, of {export.created_at}, was not published.",
            remedy="None is needed: the newer file stays.",
        )


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

    By S3's checksum of the same bytes, or by what was written down about it, since the API may
    compress the same CSV differently each time.
    """
    if present.checksum == upload.checksum or present.content_sha256 == facts.sha256:
        return True
    return bool(said and said.etag == present.etag and said.content_sha256 == facts.sha256)


def _is_about_the_same(one: Manifest, other: Manifest) -> bool:
    """Tell whether two manifests describe the very same object."""
    return (one.key, one.version_id, one.etag, one.content_sha256) == (
        *(other.key, other.version_id, other.etag, other.content_sha256),
    )
