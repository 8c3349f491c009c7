"""The bucket of rules: every ruleset that was ever released, written once, and the record of which was in force.

And how an object of any bucket is read, and replaced on condition that it is as it was read.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from standing.aws.contention import Overtaken
from standing.rules.releases import Entries, Releases
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Entry, Timeline
from standing.values.days import day_number

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RECORD = "timeline.json"
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
MISSING = {"NoSuchKey", "404"}


class PreconditionFailed(Overtaken):
    """Somebody else wrote the object since it was read: nothing was written."""


def read_object(client: S3Client, bucket: str, key: str) -> tuple[bytes, str] | None:
    """An object and its ETag, or none."""
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return None
        raise
    return answer["Body"].read(), answer["ETag"]


def replace_object(client: S3Client, bucket: str, key: str, body: bytes, etag: str) -> str:
    """Write over the object of this ETag (empty: where there is none yet); its own. Raises PreconditionFailed."""
    try:
        if etag:
            return client.put_object(Bucket=bucket, Key=key, Body=body, IfMatch=etag)["ETag"]
        return client.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")["ETag"]
    except ClientError as error:
        if error.response["Error"]["Code"] in TAKEN | MISSING:
            raise PreconditionFailed from error
        raise


@dataclass(frozen=True)
class RulesBucket:
    """Keeps rules for ever. The record is written only if it has not changed since it was read."""

    client: S3Client
    name: str

    def record(self) -> tuple[Releases | None, str | None]:
        """The record and its ETag; nothing before the first release."""
        if (stored := read_object(self.client, self.name, RECORD)) is None:
            return None, None
        body, etag = stored
        return Releases.model_validate_json(body), etag

    def write(self, releases: Releases, etag: str | None) -> str:
        """Replace the record that has this ETag, or create it if `etag` is None. Returns the new ETag.

        Raises PreconditionFailed.
        """
        body = releases.model_dump_json(indent=1).encode() + b"\n"
        return replace_object(self.client, self.name, RECORD, body, etag or "")

    def keep(self, ruleset: Ruleset) -> None:
        """Store a ruleset under its version, if it is not stored already."""
        body = ruleset.model_dump_json(exclude_defaults=True).encode()
        with suppress(PreconditionFailed):
            replace_object(self.client, self.name, _key(ruleset.version), body, "")

    def ruleset(self, version: str) -> Ruleset:
        """A ruleset that was kept. Raises KeyError where there is none of this version."""
        if (stored := read_object(self.client, self.name, _key(version))) is None:
            raise KeyError(version)
        return Ruleset.model_validate_json(stored[0])

    def timeline(self, entries: Entries) -> Timeline:
        """The timeline of the record's entries, with their rulesets."""
        rulesets = {version: self.ruleset(version) for version in {entry.version for entry in entries}}
        return Timeline(
            entries=tuple(Entry(since=day_number(entry.since), ruleset=rulesets[entry.version]) for entry in entries)
        )


def _key(version: str) -> str:
    return f"rulesets/{version}.json"
