"""The lake's bucket: reads, writes, conditionally replaces and quarantines whole objects, whatever their content."""

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
BITS = 4  # enough for a million and a half of customers
MOST_DELETED = 1000  # objects a call


class StoredObject(NamedTuple):
    """An object's body and ETag. The ETag is empty if there was no object."""

    body: bytes
    etag: str


ABSENT = StoredObject(b"", "")


@dataclass(frozen=True)
class Lake:
    """One S3 bucket. `at_once` is the number of objects that are read at a time.

    `bits` says into how many buckets of customers a lake without data is dealt out: two to this power.
    """

    client: S3Client
    name: str
    at_once: int = 16
    bits: int = BITS

    def etags(self, prefix: str) -> dict[str, str]:
        """The ETags of the objects with this prefix, by key, in order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {found["Key"]: found["ETag"] for page in pages for found in page.get("Contents", [])}

    def keys(self, prefix: str) -> list[str]:
        """The keys with this prefix, in order."""
        return list(self.etags(prefix))

    def folders(self, prefix: str) -> list[str]:
        """The prefixes one level below a prefix that ends in `/`, in order: of many keys, a list of few."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, Delimiter="/")
        return [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])]

    def get(self, key: str) -> StoredObject:
        """An object, or ABSENT."""
        stored = read_object(self.client, self.name, key)
        return StoredObject(*stored) if stored else ABSENT

    def get_all(self, keys: Iterable[str]) -> Iterator[tuple[str, StoredObject]]:
        """The objects of several keys, with their keys, in this order. Objects that no longer exist are left out."""
        keys = list(keys)
        with ThreadPoolExecutor(self.at_once) as pool:
            objects = zip(keys, pool.map(self.get, keys), strict=True)
            yield from ((key, stored) for key, stored in objects if stored is not ABSENT)

    def put(self, key: str, body: bytes) -> None:
        """Write an object whose key determines its content, so that a second write changes nothing."""
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Write over the object of this ETag (empty: where there is none yet); its own. Raises PreconditionFailed."""
        return replace_object(self.client, self.name, key, body, etag)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects. Keys that do not exist are ignored. Raises OSError if some were not deleted."""
        for some in batched(keys, MOST_DELETED):
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
            )
            if refused := answer.get("Errors"):
                raise OSError(
                    f"{counted(len(refused), 'object was', 'objects were')} not deleted, {refused[0].get('Key')} first"
                )

    def quarantine(self, key: str) -> str:
        """Move an object to the prefix `aside/`, where nothing reads it. Returns its new key."""
        new_key = ASIDE + key
        try:
            self.client.copy_object(Bucket=self.name, Key=new_key, CopySource={"Bucket": self.name, "Key": key})
        except ClientError as error:  # another process may have moved it already
            if error.response["Error"]["Code"] not in MISSING:
                raise
        self.delete([key])
        return new_key
