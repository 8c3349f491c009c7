"""The bucket of rules: every ruleset that was ever released, written once, and the record of which was in force."""

from __future__ import annotations

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


@dataclass(frozen=True)
class RulesBucket:
    """Keeps rules for ever. The record is written on condition that it is as it was read."""

    client: S3Client
    name: str

    def record(self) -> tuple[Releases | None, str | None]:
        """The record and its ETag; nothing before the first release."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=RECORD)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None, None
            raise
        return Releases.model_validate_json(answer["Body"].read()), answer["ETag"]

    def write(self, releases: Releases, etag: str | None) -> str:
        """Write the record over the one of this ETag (none: the first one); its own. Raises PreconditionFailed."""
        body = releases.model_dump_json(indent=1).encode() + b"\n"
        try:
            if etag:
                return self.client.put_object(Bucket=self.name, Key=RECORD, Body=body, IfMatch=etag)["ETag"]
            return self.client.put_object(Bucket=self.name, Key=RECORD, Body=body, IfNoneMatch="*")["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] in TAKEN:
                raise PreconditionFailed from error
            raise

    def keep(self, ruleset: Ruleset) -> None:
        """Keep a ruleset under its version, once for ever."""
        body = ruleset.model_dump_json(exclude_defaults=True).encode()
        try:
            self.client.put_object(Bucket=self.name, Key=_key(ruleset.version), Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in TAKEN:
                raise

    def ruleset(self, version: str) -> Ruleset:
        """A ruleset that was kept. Raises KeyError where there is none of this version."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=_key(version))
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                raise KeyError(version) from None
            raise
        return Ruleset.model_validate_json(answer["Body"].read())

    def timeline(self, entries: Entries) -> Timeline:
        """The rules themselves, as the record says they were in force."""
        rulesets = {version: self.ruleset(version) for version in {entry.version for entry in entries}}
        return Timeline(
            entries=tuple(Entry(since=day_number(entry.since), ruleset=rulesets[entry.version]) for entry in entries)
        )


def _key(version: str) -> str:
    return f"rulesets/{version}.json"
