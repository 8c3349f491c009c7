"""The shadow: candidate rules beside the live rules, in a separate stack. It publishes nothing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.local.project import deployment_folder, programme_folder
from standing.local.sam import run_sam
from standing.operations.sender import waiting
from standing.release.seed import ShadowSeed
from standing.release.store import BUSY, released_rules
from standing.rules.author.build import write_layer
from standing.rules.author.compiler import compile_folder
from standing.rules.author.succession import continued
from standing.rules.timeline import Timeline
from standing.values.catalogue import Language
from standing.values.days import day_date, day_number, day_of
from standing.values.errors import UserError
from standing.values.messages import Message, message

if TYPE_CHECKING:
    from rich.progress import Progress

PASSED_ON = ("Stage", "LogLevel", "Owner", "CostCenter", "IngestConcurrency", "KmsKeyArn")
ON_THE_WAY = 60.0  # seconds to wait for events that were put on the bus before the shadow received them


def shadow_of(target: Target) -> Target:
    """The shadow's stack."""
    return Target(f"{target.stack}-shadow")


def passed_on(parameters: dict[str, str]) -> dict[str, str]:
    """The live parameters that a shadow also has, without empty ones, which sam rejects."""
    return {name: value for name, value in parameters.items() if name in PASSED_ON and value}


def running_shadow(target: Target) -> Target:
    """The shadow's stack. Raises UserError if none runs."""
    shadow = shadow_of(target)
    if not shadow.status():
        raise UserError("no shadow of `{stack}` runs: `standing rules shadow start` starts one", stack=target.stack)
    return shadow


@dataclass(frozen=True)
class ShadowStack:
    """Starts and stops the shadow of a stack."""

    target: Target
    say: Callable[[Message], None]
    language: Language = "en"  # of the progress bar

    def start(self, folder: Path, since: date | None, progress: Progress) -> int:
        """Deploy a candidate and decide all stored events with it. Returns the number of events.

        Raises UserError if another candidate runs. Starting the same candidate again continues an interrupted start.
        """
        rules = self._timeline(folder, since)
        self._deploy(rules)
        shadow = shadow_of(self.target)
        self._await_the_way(progress)
        return self._seed(shadow.customers, rules, progress)

    def stop(self) -> None:
        """Delete the shadow with all its data. The live stack is not touched."""
        shadow = running_shadow(self.target)
        self.say(message("deleting what the shadow decided"))
        _drop_table(shadow)
        shadow.s3.delete_object(Bucket=shadow.outputs["ShadowBucket"], Key=shadow.outputs["Timeline"])
        self.say(message("deleting `{stack}`", stack=shadow.stack))
        shadow.cloudformation.delete_stack(StackName=shadow.stack)
        shadow.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=shadow.stack, WaiterConfig={"Delay": 2}
        )

    def _timeline(self, folder: Path, since: date | None) -> Timeline:
        """The live rules followed by the candidate, by default from today on; if it runs already, its timeline."""
        found = released_rules(self.target)
        live, rules = found.bucket.timeline(found.entries), compile_folder(folder)
        running = self._running()
        today = day_date(day_of(datetime.now(UTC), live.latest.programme.time_zone))
        day = since or (running and date.fromisoformat(running["Since"])) or today
        candidate = continued(live, rules, day_number(day))
        if live.on(day_number(day)) == candidate.latest:
            raise UserError("these are the rules that are live on {day}: there is nothing to compare", day=day)
        if running and running["Timeline"] != _key(candidate):
            raise UserError(
                "a shadow of {candidate} runs: end it with `standing rules shadow stop` first",
                candidate=running["Candidate"],
            )
        return candidate

    def _running(self) -> dict[str, str] | None:
        shadow = shadow_of(self.target)
        status = shadow.status()
        if BUSY in status:
            raise UserError("`{stack}` is being deployed or deleted: wait until that has ended", stack=shadow.stack)
        return shadow.outputs if status else None

    def _deploy(self, rules: Timeline) -> None:
        """Deploy shadow.yaml with the code that is live."""
        root, outputs = programme_folder(), self.target.outputs
        write_layer(rules, deployment_folder(root) / "layers" / "shadow")
        body = rules.model_dump_json(exclude_defaults=True).encode()
        self.target.s3.put_object(Bucket=outputs["RulesBucketName"], Key=_key(rules), Body=body)
        version = rules.latest.version
        self.say(message("deploying the candidate {version} beside the live rules (sam deploy)", version=version))
        given = {
            **passed_on(self._parameters()),
            "BusName": outputs["BusName"],
            "LiveTable": outputs["TableName"],
            "CodeLayer": outputs["CodeLayer"],
            "RulesBucketName": outputs["RulesBucketName"],
            "Candidate": rules.latest.version,
            "Since": str(day_date(rules.entries[-1].since)),
            "Timeline": _key(rules),
        }
        stack = ("--template-file", "shadow.yaml", "--stack-name", shadow_of(self.target).stack, "--no-progressbar")
        run_sam(root, "deploy", *stack, "--parameter-overrides", *(f"{name}={one}" for name, one in given.items()))

    def _parameters(self) -> dict[str, str]:
        """The parameters of the live stack."""
        stack = self.target.cloudformation.describe_stacks(StackName=self.target.stack)["Stacks"][0]
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}

    def _await_the_way(self, progress: Progress) -> None:
        """Wait until the live system has applied the events that the shadow did not receive; seeding copies them."""
        bar = progress.add_task(message("on their way").in_language(self.language), total=None)
        deadline = time.monotonic() + ON_THE_WAY
        while (left := waiting(self.target)) and time.monotonic() < deadline:
            time.sleep(0.2)
        progress.update(bar, total=1, completed=1)
        if left:
            said = message(
                "{left:event was|events were} still on the way: start the shadow again later, to take in what "
                "it missed",
                left=left,
            )
            self.say(said)

    def _seed(self, shadow: Customers, rules: Timeline, progress: Progress) -> int:
        live = self.target.customers
        customers = [state.customer for state in live.states()]
        bar = progress.add_task(message("customers").in_language(self.language), total=len(customers))
        ingest = Ingest(rules, shadow, _NoRejections())
        return ShadowSeed(live, ingest, shadow).seed(customers, lambda: progress.advance(bar))


class _NoRejections:
    """A Rejected queue that is never used: events that were applied once are not rejected."""

    def keep(self, message: str, rejection: dict[str, str]) -> None:
        """Do nothing."""
        raise NotImplementedError


def _key(rules: Timeline) -> str:
    digest = hashlib.sha256(rules.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:16]
    return f"shadows/{digest}.json"


def _drop_table(shadow: Target) -> None:
    """Delete the table, which is retained when its stack is deleted. Does nothing if it was deleted before."""
    table = shadow.outputs["TableName"]
    try:
        shadow.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        shadow.dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 2})
        shadow.dynamodb.delete_table(TableName=table)
        shadow.dynamodb.get_waiter("table_not_exists").wait(TableName=table, WaiterConfig={"Delay": 2})
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
