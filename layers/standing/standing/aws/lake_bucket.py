"""The lake's bucket: objects are read, written whole, replaced on condition, and set aside.

Knows nothing of what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from standing.aws.rules_bucket import MISSING, read_object, replace_object
from standing.values.counted import counted

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ASIDE = "aside/"
MOST_DELETED = 1000  # objects a call


class StoredObject(NamedTuple):
    """An object as it was read; an empty ETag where there was none."""

    body: bytes
    etag: str


ABSENT = StoredObject(b"", "")


@dataclass(frozen=True)
class Lake:
    """One bucket. `at_once` is how many objects are read at a time."""

    client: S3Client
    name: str
    at_once: int = 16

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so, in their order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def get(self, key: str) -> StoredObject:
        """An object, or ABSENT."""
        found = read_object(self.client, self.name, key)
        return StoredObject(*found) if found else ABSENT

    def get_all(self, keys: Iterable[str]) -> Iterator[tuple[str, StoredObject]]:
        """Several objects with their keys, in this order; without those that are gone by now."""
        keys = list(keys)
        with ThreadPoolExecutor(self.at_once) as pool:
            found = zip(keys, pool.map(self.get, keys), strict=True)
            yield from ((key, stored) for key, stored in found if stored is not ABSENT)

    def put(self, key: str, body: bytes) -> None:
        """Write an object whose key says what is in it: to write it again changes nothing."""
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def replace(self, key: str, body: bytes, etag: str) -> None:
        """Write over the object of this ETag (empty: where there is none yet). Raises PreconditionFailed."""
        replace_object(self.client, self.name, key, body, etag)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, those that are gone already too."""
        for some in batched(keys, MOST_DELETED):
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
            )
            if refused := answer.get("Errors"):
                raise OSError(
                    f"{counted(len(refused), 'object was', 'objects were')} not deleted, {refused[0].get('Key')} first"
                )

    def quarantine(self, key: str) -> str:
        """Move an object to where nobody reads it; its new key."""
        place = ASIDE + key
        try:
            self.client.copy_object(Bucket=self.name, Key=place, CopySource={"Bucket": self.name, "Key": key})
        except ClientError as error:  # somebody else may have set it aside already
            if error.response["Error"]["Code"] not in MISSING:
                raise
        self.delete([key])
        return place
