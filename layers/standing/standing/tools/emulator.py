"""The local AWS with what our template needs of CloudFormation and ministack lacks: `AWS::Events::Archive`.

Run by the interpreter of ministack's own environment, so it imports nothing of ours. With it the template deploys
unchanged; the archive behind the resource is ministack's own, replay included.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.app import main
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, str]]:
    """Create the archive that the resource describes."""
    name = properties.get("ArchiveName") or f"{stack}-{logical_id}"[:48]
    pattern = properties.get("EventPattern")
    status, _, body = eventbridge._create_archive(  # noqa: SLF001 -- ministack has no public function for it
        {
            "ArchiveName": name,
            "EventSourceArn": properties["SourceArn"],
            "EventPattern": json.dumps(pattern) if pattern else "",
            "RetentionDays": int(properties.get("RetentionDays", 0)),
        }
    )
    if status != 200:
        raise ValueError(f"AWS::Events::Archive: {body!r}")
    return name, {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete the archive."""
    eventbridge._delete_archive({"ArchiveName": physical_id})  # noqa: SLF001 -- as above


if __name__ == "__main__":
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {"create": create, "delete": delete}  # noqa: SLF001
    main()
