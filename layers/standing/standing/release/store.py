"""A stack's stored rules, and their deployment. Does not know what should be released."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from standing.aws.rules_bucket import RulesBucket
from standing.aws.stack import Target
from standing.local.project import programme_folder, ruleset_layer
from standing.local.sam import run_sam
from standing.release.programme import rules_of_programme
from standing.rules.author.build import write_layer
from standing.rules.releases import Entries, Releases
from standing.rules.timeline import Timeline
from standing.values.errors import UserError
from standing.values.messages import Message, message

BUSY = "IN_PROGRESS"


@dataclass(frozen=True)
class StackRules:
    """The record in a stack's bucket, its ETag, and the id that the deployed stack names."""

    bucket: RulesBucket
    record: Releases | None
    etag: str | None
    named: str

    @property
    def entries(self) -> Entries:
        """The entries in force; empty before the first release."""
        return self.record.deployed(self.named) if self.record else ()

    @property
    def unfinished(self) -> Releases | None:
        """The record, if it is not deployed (yet)."""
        return self.record if self.record and self.record.id != self.named else None


class ReleaseTarget(Protocol):
    """The target of a release."""

    @property
    def name(self) -> str:
        """Its name in messages."""

    def look(self) -> StackRules | None:
        """The stored rules now, or None before the first deployment."""

    def is_busy(self) -> bool:
        """Whether it is being deployed to."""

    def deploy(self, record: Releases, rules: Timeline) -> None:
        """Deploy rules under the id of their record. Raises UserError if it fails."""


@dataclass(frozen=True)
class StackTarget:
    """A stack, deployed for this programme. `parameters` are its template's, such as `Stage=prod`."""

    name: str
    say: Callable[[Message], None]
    parameters: tuple[str, ...] = ()

    def look(self) -> StackRules | None:
        """The stored rules now."""
        return stack_rules(Target(self.name))

    def is_busy(self) -> bool:
        """Whether it is being deployed to."""
        return BUSY in Target(self.name).status()

    def deploy(self, record: Releases, rules: Timeline) -> None:
        """Build and deploy. Raises UserError with sam's last lines."""
        root = programme_folder()
        write_layer(rules, ruleset_layer(root))
        self.say(message("building the functions and layers (sam build)"))
        run_sam(root, "build")
        self.say(message("deploying to `{stack}` (sam deploy)", stack=self.name))
        stack = ("--stack-name", self.name, "--no-progressbar")
        given = (f"Release={record.id}", f"TimeZone={rules.latest.programme.time_zone}", *self.parameters)
        run_sam(root, "deploy", *stack, "--parameter-overrides", *given)


def stack_rules(target: Target) -> StackRules | None:
    """The stored rules of a stack, or None if there is no stack, or if it is older than the bucket of rules."""
    bucket = target.rules_bucket if target.status() else None
    return StackRules(bucket, *bucket.record(), target.outputs.get("Release", "")) if bucket else None


def released_rules(target: Target) -> StackRules:
    """The released rules of a stack. Raises UserError if there are none."""
    found = stack_rules(target)
    if not found or not found.entries:
        raise UserError("nothing was ever released to `{stack}`: `standing rules release` does", stack=target.stack)
    return found


def rules_of_shadow(shadow: Target) -> Timeline:
    """The timeline of a shadow: the live one at its start, and the candidate."""
    outputs = shadow.outputs
    answer = shadow.s3.get_object(Bucket=outputs["ShadowBucket"], Key=outputs["Timeline"])
    return Timeline.model_validate_json(answer["Body"].read())


def rules_of(target: Target, folder: Path | None = None) -> Timeline:
    """The rules that decide in a stack; those of a folder, or of the programme where nothing was released."""
    if not folder and target.status() and "Candidate" in target.outputs:
        return rules_of_shadow(target)
    found = None if folder else stack_rules(target)
    return found.bucket.timeline(found.entries) if found and found.entries else rules_of_programme(folder)


def rules_at_hand(find: Callable[[], Target], folder: Path | None) -> Timeline:
    """The rules of the stack that `find` finds, or the programme's where there is none to ask: a check needs no AWS."""
    try:
        return rules_of(find(), folder)
    except (UserError, BotoCoreError, ClientError):
        return rules_of_programme(folder)
