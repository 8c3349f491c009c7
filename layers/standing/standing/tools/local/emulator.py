"""The local AWS, with two things our template needs and ministack lacks.

`AWS::Events::Archive` in CloudFormation (the archive behind it is ministack's own, replay included), and the condition
key `events:source`, by which a role may put events of one source only. With them the template deploys unchanged. Run by
the interpreter of ministack's own environment, so it imports nothing of ours.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.app import main
from ministack.core import iam_actions
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, str]]:
    """Create the archive that the resource describes."""
    name = properties.get("ArchiveName") or f"{stack}-{logical_id}"[:48]
    pattern = properties.get("EventPattern")
    status, _, body = eventbridge._create_archive(
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
    eventbridge._delete_archive({"ArchiveName": physical_id})


def source_context(service: str, action: str, body: bytes, parameters: Properties) -> Properties:
    """The condition keys of a request: ministack's own, and `events:source` for PutEvents.

    AWS refuses a call if any entry's source is not allowed, so several sources are one that nobody allows.
    """
    context: Properties = request_tag_context(service, action, body, parameters)
    if action == "events:PutEvents":
        entries = json.loads(body or b"{}").get("Entries", [])
        context["events:source"] = " ".join(sorted({str(entry.get("Source")) for entry in entries}))
    return context


request_tag_context = iam_actions.request_tag_context

if __name__ == "__main__":
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {"create": create, "delete": delete}
    iam_actions.request_tag_context = source_context
    main()
