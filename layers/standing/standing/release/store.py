"""What is kept of a stack's rules, and where they are deployed. Knows nothing of what should be released."""

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

BUSY = "IN_PROGRESS"


@dataclass(frozen=True)
class StackRules:
    """What a stack's bucket holds: the record, its ETag, and the id that the deployed stack names."""

    bucket: RulesBucket
    record: Releases | None
    etag: str | None
    named: str

    @property
    def entries(self) -> Entries:
        """What holds; empty before the first release."""
        return self.record.deployed(self.named) if self.record else ()

    @property
    def unfinished(self) -> Releases | None:
        """A record that is not deployed, or not yet."""
        return self.record if self.record and self.record.id != self.named else None


class ReleaseTarget(Protocol):
    """What a release needs of the place where it goes."""

    @property
    def name(self) -> str:
        """What people call it."""

    def look(self) -> StackRules | None:
        """What is kept there now; nothing before the first deployment."""

    def is_busy(self) -> bool:
        """Whether it is being deployed to."""

    def deploy(self, record: Releases, rules: Timeline) -> None:
        """Deploy some rules under the id of their record. Raises UserError where that failed."""


@dataclass(frozen=True)
class StackTarget:
    """A stack, deployed for this programme. `parameters` are its template's, such as `Stage=prod`."""

    name: str
    say: Callable[[str], None]
    parameters: tuple[str, ...] = ()

    def look(self) -> StackRules | None:
        """What is kept of its rules now."""
        return stack_rules(Target(self.name))

    def is_busy(self) -> bool:
        """Whether it is being deployed to."""
        return BUSY in Target(self.name).status()

    def deploy(self, record: Releases, rules: Timeline) -> None:
        """Build and deploy. Raises UserError with sam's last lines."""
        root = programme_folder()
        write_layer(rules, ruleset_layer(root))
        self.say("building the functions and layers (sam build)")
        run_sam(root, "build")
        self.say(f"deploying to `{self.name}` (sam deploy)")
        stack = ("--stack-name", self.name, "--no-progressbar")
        given = (f"Release={record.id}", f"TimeZone={rules.latest.programme.time_zone}", *self.parameters)
        run_sam(root, "deploy", *stack, "--parameter-overrides", *given)


def stack_rules(target: Target) -> StackRules | None:
    """What is kept of a stack's rules; nothing where there is no stack, or one of before there was a bucket."""
    bucket = target.rules_bucket if target.status() else None
    return StackRules(bucket, *bucket.record(), target.outputs.get("Release", "")) if bucket else None


def released_rules(target: Target) -> StackRules:
    """What was released to a stack. Raises UserError where nothing was."""
    found = stack_rules(target)
    if not found or not found.entries:
        raise UserError("nothing was ever released to `{stack}`: `standing rules release` does", stack=target.stack)
    return found


def rules_of_shadow(shadow: Target) -> Timeline:
    """The timeline by which a shadow decides: the live one as it was, and the candidate."""
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
