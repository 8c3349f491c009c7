"""Releases and rollbacks: entries of a timeline in the stack's bucket, which put rules in force from a day on.

The record is written first, on condition that nobody else wrote it. It is valid once the deployed stack names its id.
So an interrupted release can be repeated. Does not know customers.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from standing.aws.rules_bucket import PreconditionFailed
from standing.local.project import programme_folder
from standing.release.store import ReleaseTarget, StackRules, StackTarget
from standing.rules.author.compiler import compile_folder
from standing.rules.author.succession import continued, continues
from standing.rules.releases import ALL_DAYS, Entries, Release, Releases, begun, followed_by, in_force, predecessor
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_number, day_of
from standing.values.errors import UserError
from standing.values.messages import Message, message

GIVEN_UP = timedelta(hours=1)  # after which an unfinished release is considered dead


@dataclass(frozen=True)
class ReleaseProcess:
    """Releases to one target. `say` reports progress."""

    place: ReleaseTarget
    say: Callable[[Message], None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def release(self, folder: Path, since: date | None) -> Entries:
        """Put the rules of a folder in force from a day on; the first release is in force on all days.

        By default it is the day that the rules name, or tomorrow. Raises RulesError if they are wrong, and UserError if
        they cannot be released.
        """
        rules = compile_folder(folder)
        found = self.place.look()
        if not found or not found.entries:
            first = (self._entry(ALL_DAYS, rules.ruleset.version, "release"),)
            self._wait_for(found, rules.ruleset)
            return self._deliver(found, first, Timeline.of(rules.ruleset))
        before = found.bucket.timeline(found.entries)
        if continues(before, rules) and (since is None or since >= found.entries[-1].since):
            self._wait_for(found, before.latest)
            version = before.latest.version
            self.say(
                message("rules {version} were the last to be released: only the code is deployed", version=version)
            )
            return self._deliver(found, found.entries, before)
        day = self._day(rules.ruleset, since)
        after = continued(before, rules, day_number(day)).latest
        self._wait_for(found, after)
        found.bucket.keep(after)
        entries = followed_by(found.entries, self._entry(day, after.version, "release"))
        return self._deliver(found, entries, found.bucket.timeline(entries))

    def rollback(self, version: str | None) -> Entries:
        """Put the previous rules, or those of a version, in force from today on. Releases not yet in force are dropped.

        Raises UserError if there is nothing to go back to.
        """
        found = self.place.look()
        if not found or not found.entries:
            raise UserError(
                "nothing was ever released to `{name}`: `standing rules release` does", name=self.place.name
            )
        rules = found.bucket.timeline(found.entries)
        entries = self._back(found, self._today(rules.latest), version)
        return self._deliver(found, entries, found.bucket.timeline(entries))

    def _back(self, found: StackRules, today: date, version: str | None) -> Entries:
        """The entries after the rollback."""
        if found.unfinished and not version:
            version = found.unfinished.entries[-1].version
            self.say(message("taken back: the release of {version}, which was not finished", version=version))
            return found.entries
        running = begun(found.entries, today) or found.entries[:1]
        if running != found.entries and not version:
            return running
        wanted = self._earlier(found, running, version).version
        if wanted == in_force(running, today).version:
            raise UserError("rules {wanted} are in force already", wanted=wanted)
        return followed_by(found.entries, self._entry(today, wanted, "rollback"))

    def _earlier(self, found: StackRules, entries: Entries, version: str | None) -> Ruleset:
        wanted = version or predecessor(entries)
        if wanted is None:
            raise UserError("there are no rules before these: `--to VERSION` names others that were released once")
        matching = {entry.version for entry in found.entries if entry.version.startswith(wanted)}
        try:
            return found.bucket.ruleset(matching.pop() if len(matching) == 1 else wanted)
        except KeyError:
            raise UserError(
                "no rules `{wanted}` were ever released: `standing rules live` lists those that were", wanted=wanted
            ) from None

    def _wait_for(self, found: StackRules | None, ruleset: Ruleset) -> None:
        """Refuse to release during another release. A dead release, or one of the same rules, is repeated."""
        unfinished = found.unfinished if found else None
        if not unfinished or self.clock() - unfinished.at > GIVEN_UP:
            return
        version = unfinished.entries[-1].version
        if version == ruleset.version:
            return
        raise UserError(
            "a release of {version}, begun at {begun} UTC, is not finished: wait for it; or, if "
            "it died, take it back with `standing rules rollback`",
            version=version,
            begun=f"{unfinished.at:%Y-%m-%d %H:%M}",
        )

    def _day(self, ruleset: Ruleset, since: date | None) -> date:
        """The first day: as given, as the rules name it, or tomorrow."""
        today, effective = self._today(ruleset), ruleset.programme.effective
        if since and since < today:
            raise UserError(
                "--from {since}: that day is over and stays as it was decided; the earliest is {today}",
                since=since,
                today=today,
            )
        if not since and effective is not None and day_date(effective) < today:
            raise UserError(
                "programme.yaml: `effective: {effective}` is over, and stays as it was decided; name the day from "
                "which the rules hold as they are now: the earliest is {today}",
                effective=day_date(effective),
                today=today,
            )
        return since or (day_date(effective) if effective is not None else today + timedelta(days=1))

    def _today(self, ruleset: Ruleset) -> date:
        return day_date(day_of(self.clock(), ruleset.programme.time_zone))

    def _entry(self, since: date, version: str, by: Literal["release", "rollback"]) -> Release:
        return Release(since=since, version=version, by=by, at=self.clock())

    def _deliver(self, found: StackRules | None, entries: Entries, rules: Timeline) -> Entries:
        """Record and deploy. Before the first deployment there is no bucket, so the record is written last."""
        if self.place.is_busy():
            raise UserError(
                "`{name}` is being deployed: wait until that has ended, then do this again", name=self.place.name
            )
        before = found.entries if found else ()
        self._tell_dropped(before, entries)
        record = Releases(id=uuid.uuid4().hex[:12], at=self.clock(), entries=entries, before=before)
        etag = _write(found, record, rules) if found else None
        try:
            self.place.deploy(record, rules)
        except UserError:
            if found and etag:
                self._withdraw(found, etag)
            raise
        return self._made_sure(found, etag, record, rules)

    def _made_sure(self, found: StackRules | None, etag: str | None, record: Releases, rules: Timeline) -> Entries:
        """Check after the deployment that the record is stored and is ours."""
        now = self.place.look()
        if now is None:
            raise UserError(
                "`{name}` has no output RulesBucketName: is its template this clone's?", name=self.place.name
            )
        if not found:
            _write(now, record, rules)
        elif now.etag != etag:
            raise UserError("another release was recorded meanwhile: look at `standing rules live`, and do this again")
        return record.entries

    def _withdraw(self, found: StackRules, etag: str) -> None:
        """Restore the former record if the deployment certainly failed; otherwise the release stays unfinished."""
        now = self.place.look()
        if now and now.etag == etag and now.named == found.named and not self.place.is_busy():
            before = Releases(id=found.named, at=self.clock(), entries=found.entries)
            found.bucket.write(before, etag)

    def _tell_dropped(self, before: Entries, after: Entries) -> None:
        for entry in before:
            if entry not in after:
                named = {"version": entry.version, "since": entry.since}
                self.say(message("dropped: rules {version}, which were to be in force from {since}", **named))


def release_programme(say: Callable[[Message], None], stack: str = "standing") -> Entries:
    """Release the rules of this programme, as they are, to a stack; a new one comes to be."""
    return ReleaseProcess(StackTarget(stack, say), say).release(programme_folder() / "rules", None)


def _write(found: StackRules, record: Releases, rules: Timeline) -> str:
    """Store the rules and write the record. Returns its ETag."""
    for entry in rules.entries:
        found.bucket.keep(entry.ruleset)
    try:
        return found.bucket.write(record, found.etag)
    except PreconditionFailed:
        raise UserError("another release was recorded at the same moment: do this again") from None
