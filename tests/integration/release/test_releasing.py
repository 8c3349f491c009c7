"""Releasing, on moto's S3: whatever ends it half-way, doing it again ends right, and nobody's release is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from standing.aws.rules_bucket import RulesBucket
from standing.release.release import ReleaseProcess
from standing.release.store import StackRules
from standing.rules.author.compiler import compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.releases import Releases
from standing.rules.timeline import Timeline
from standing.values.errors import UserError

from tests.make.support import ROOT

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 11, 26), date(2026, 11, 27)


class Died(BaseException):
    """The process ends."""


@dataclass
class Stack:
    """A stack without functions: a bucket, and the id of what was deployed to it last."""

    bucket: RulesBucket
    name: str = "standing"
    named: str = ""
    there: bool = False
    rules: Timeline | None = None
    busy: bool = False
    seen: StackRules | None = None
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def look(self) -> StackRules | None:
        """What is kept, or was when somebody looked."""
        if self.seen:
            return self.seen
        return StackRules(self.bucket, *self.bucket.record(), self.named) if self.there else None

    def is_busy(self) -> bool:
        """Whether something is being deployed."""
        return self.busy

    def deploy(self, record: Releases, rules: Timeline) -> None:
        """Deploy; something may happen before and after."""
        self.before()
        self.there, self.named, self.rules = True, record.id, rules
        self.after()


@dataclass
class Bench:
    """Releases at some moment, with the rules of the clone or edited ones."""

    stack: Stack
    folder: Path
    now: datetime = NOON
    heard: list[str] = field(default_factory=list)

    @property
    def releasing(self) -> ReleaseProcess:
        """To the stack, now."""
        return ReleaseProcess(self.stack, lambda said: self.heard.append(str(said)), lambda: self.now)

    def rules(self, gold: str | None = None) -> Path:
        """A rules folder in which gold is reached at some amount."""
        if gold is None:
            return ROOT / "rules"
        folder = self.folder / gold
        if not folder.exists():
            shutil.copytree(ROOT / "rules", folder)
            tier = folder / "ratings" / "tier.yaml"
            tier.write_text(tier.read_text().replace("spend_365d >= 2000.00", f"spend_365d >= {gold}"))
        return folder

    def version(self, gold: str | None = None) -> str:
        """The version of those rules."""
        return compile_rules(self.rules(gold)).version

    def release(self, gold: str | None = None, since: date | None = None) -> list[tuple[str, date]]:
        """Release them; the timeline that follows."""
        return [(entry.version, entry.since) for entry in self.releasing.release(self.rules(gold), since)]

    def rollback(self, version: str | None = None) -> list[str]:
        """Go back; the versions of the timeline that follows."""
        return [entry.version for entry in self.releasing.rollback(version)]

    def kept(self) -> list[str]:
        """The versions of the timeline that holds."""
        found = self.stack.look()
        return [entry.version for entry in found.entries] if found else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    client = boto3.client("s3")
    client.create_bucket(Bucket="rules")
    return Bench(Stack(RulesBucket(client, "rules")), tmp_path)


def end() -> None:
    raise Died


def fail() -> None:
    raise UserError("sam deploy failed")


def test_the_first_rules_are_in_force_on_all_days_and_the_next_from_tomorrow(bench: Bench) -> None:
    first, second = bench.version(), bench.version("1500.00")
    assert bench.release() == [(first, date(1970, 1, 1))]
    assert bench.release("1500.00") == [(first, date(1970, 1, 1)), (second, TOMORROW)]
    assert bench.stack.rules is not None
    assert [entry.ruleset.version for entry in bench.stack.rules.entries] == [first, second]
    assert bench.stack.rules.latest == compile_rules(bench.rules("1500.00"))
    assert bench.stack.bucket.ruleset(first) == compile_rules(ROOT / "rules")


def test_the_same_rules_again_add_nothing_and_deploy(bench: Bench) -> None:
    bench.release()
    named = bench.stack.named
    assert len(bench.release()) == 1
    assert bench.stack.named != named


def test_a_day_that_is_over_is_refused_and_so_are_wrong_rules(bench: Bench) -> None:
    bench.release()
    with pytest.raises(UserError, match="the earliest is 2026-11-26"):
        bench.release("1500.00", TODAY - timedelta(days=1))
    assert bench.release("1500.00", TODAY)[-1] == (bench.version("1500.00"), TODAY)
    programme = bench.rules("1400.00") / "programme.yaml"
    programme.write_text(programme.read_text().replace("currency: USD", "currency: EUR"))
    with pytest.raises(RulesError, match="cannot change"):
        bench.release("1400.00")
    assert bench.kept() == [bench.version(), bench.version("1500.00")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_after_a_crash_doing_it_again_ends_right(bench: Bench, moment: str) -> None:
    """Before the deployment the old rules hold, after it the new ones: the stack says which."""
    first, second = bench.version(), bench.version("1500.00")
    bench.release()
    setattr(bench.stack, moment, end)
    with pytest.raises(Died):
        bench.release("1500.00")
    assert bench.kept() == ([first] if moment == "before" else [first, second])
    setattr(bench.stack, moment, lambda: None)
    assert bench.release("1500.00") == [(first, date(1970, 1, 1)), (second, TOMORROW)]
    assert bench.kept() == [first, second]


def test_a_crash_in_the_very_first_release_is_made_good(bench: Bench) -> None:
    bench.stack.after = end
    with pytest.raises(Died):
        bench.release()
    bench.stack.after = lambda: None
    assert len(bench.release()) == 1
    assert bench.kept() == [bench.version()]


def test_a_deployment_that_failed_is_as_if_it_had_not_been(bench: Bench) -> None:
    bench.release()
    bench.stack.before = fail
    with pytest.raises(UserError, match="sam deploy failed"):
        bench.release("1500.00")
    bench.stack.before = lambda: None
    assert bench.kept() == [bench.version()]
    assert bench.release("1400.00")[-1] == (bench.version("1400.00"), TOMORROW)  # nobody has to wait


def test_where_it_is_not_certain_that_it_failed_the_release_stays_unfinished(bench: Bench) -> None:
    bench.release()

    def lost() -> None:
        bench.stack.busy = True
        raise UserError("the connection was lost")

    bench.stack.before = lost
    with pytest.raises(UserError, match="connection"):
        bench.release("1500.00")
    bench.stack.before, bench.stack.busy = lambda: None, False
    found = bench.stack.look()
    assert found is not None
    assert found.unfinished is not None
    bench.stack.named = found.unfinished.id  # it was deployed in the end
    assert bench.kept() == [bench.version(), bench.version("1500.00")]


def test_another_release_waits_while_one_goes_on_and_not_for_a_dead_one(bench: Bench) -> None:
    bench.release()
    bench.stack.before = end
    with pytest.raises(Died):
        bench.release("1500.00")
    bench.stack.before = lambda: None
    with pytest.raises(UserError, match="is not finished"):
        bench.release("1400.00")
    bench.now += timedelta(hours=2)
    assert [version for version, _ in bench.release("1400.00")] == [bench.version(), bench.version("1400.00")]


def test_what_is_not_finished_can_be_taken_back(bench: Bench) -> None:
    bench.release()
    bench.stack.before = end
    with pytest.raises(Died):
        bench.release("1500.00")
    bench.stack.before = lambda: None
    assert bench.rollback() == [bench.version()]
    assert any("not finished" in line for line in bench.heard)


def test_of_two_releases_at_once_one_is_told_and_none_is_lost(bench: Bench) -> None:
    bench.release()
    other = Bench(bench.stack, bench.folder, NOON + timedelta(hours=3))

    def meanwhile() -> None:
        bench.stack.before = lambda: None
        other.release("1400.00")

    bench.stack.before = meanwhile
    with pytest.raises(UserError, match="recorded meanwhile"):
        bench.release("1500.00")
    bench.now += timedelta(hours=5)
    bench.release("1500.00")
    assert bench.kept() == [bench.version(), bench.version("1500.00")]  # tomorrow has one ruleset: the last one said
    assert bench.stack.bucket.ruleset(bench.version("1400.00"))


def test_a_record_is_not_written_over_one_that_was_not_read(bench: Bench) -> None:
    bench.release()
    before = bench.stack.look()
    bench.release("1500.00")
    bench.stack.seen = before  # read before the other wrote
    with pytest.raises(UserError, match="at the same moment"):
        bench.release("1400.00")


def test_while_something_is_deployed_nothing_is_recorded(bench: Bench) -> None:
    bench.release()
    bench.stack.busy = True
    with pytest.raises(UserError, match="being deployed"):
        bench.release("1500.00")
    assert bench.kept() == [bench.version()]


def test_going_back_is_an_entry_of_its_own_from_today_on(bench: Bench) -> None:
    first, second = bench.version(), bench.version("1500.00")
    bench.release()
    bench.release("1500.00")
    bench.now += timedelta(days=3)
    assert bench.rollback() == [first, second, first]
    found = bench.stack.look()
    assert found is not None
    assert (found.entries[-1].since, found.entries[-1].by) == (TODAY + timedelta(days=3), "rollback")
    assert bench.stack.rules is not None
    assert bench.stack.rules.latest.version == first
    with pytest.raises(UserError, match="no rules before"):
        bench.rollback()
    with pytest.raises(UserError, match="in force already"):
        bench.rollback(first)
    assert bench.rollback(second[:6]) == [first, second]  # on the same day: it has one ruleset


def test_a_release_that_has_not_begun_is_dropped(bench: Bench) -> None:
    bench.release()
    bench.release("1500.00")
    assert bench.rollback() == [bench.version()]
    assert any("dropped" in line for line in bench.heard)


def test_rules_that_never_were_cannot_be_gone_back_to(bench: Bench) -> None:
    with pytest.raises(UserError, match="nothing was ever released"):
        bench.rollback()
    bench.release()
    with pytest.raises(UserError, match="no rules `ffff`"):
        bench.rollback("ffff")
