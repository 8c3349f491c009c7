"""The inputs of `standing rules impact`: the rules before and after an edit, and real customers."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from standing.aws.table import Customers, stored_history
from standing.engine.engine import engine_of
from standing.engine.start import FoldStart
from standing.engine.state import State
from standing.engine.view import view
from standing.impact.population import NotAPopulation, Population, Row, populations_for, read
from standing.rules.author.compiler import CompiledRules, compile_rules
from standing.rules.author.succession import succeeding
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_of
from standing.values.errors import UserError
from standing.values.messages import in_a_row


def rules_at(root: Path, ref: str, folder: Path | None = None) -> Ruleset:
    """The rules of a commit, a branch or a tag, from the same folder if the project has it, else from `rules`.

    Raises UserError if there are none.
    """
    is_inside = folder is not None and folder.resolve().is_relative_to(root.resolve())
    place = folder.resolve().relative_to(root.resolve()).as_posix() if folder and is_inside else "rules"
    if ref.startswith("-"):
        raise UserError("`{ref}` is not the name of a branch, a tag or a commit", ref=ref)
    archive = subprocess.run(["git", "archive", ref, place], cwd=root, capture_output=True, check=False)  # noqa: S603, S607
    if archive.returncode:
        raise UserError(
            "`{ref}` has no rules in {place} to compare with; git says “{why}”",
            ref=ref,
            place=place,
            why=archive.stderr.decode().strip(),
        )
    with (
        tempfile.TemporaryDirectory(prefix="rules-") as extracted,
        tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files,
    ):
        files.extractall(extracted, filter="data")
        return compile_rules(Path(extracted) / place)


def edited_rules(before: Ruleset, rules: CompiledRules, day: Day) -> Ruleset:
    """The edited rules as successors of the rules `before`: in force from the day that they name, else from `day`."""
    effective = rules.ruleset.programme.effective
    return succeeding(before, rules, day if effective is None else effective)


def of_file(path: Path, *rulesets: Ruleset) -> Population:
    """A population from a file. Raises UserError if it lacks features of the rulesets."""
    try:
        population = read(path)
    except NotAPopulation as error:
        raise UserError(
            "{path} {error}; `standing rules snapshot --out {path}` takes one", path=path, error=error
        ) from None
    for ruleset in rulesets:
        if lacking := population.lacks(ruleset):
            names = in_a_row(f"`{name}`" for name in lacking)
            raise UserError(
                "{path} does not have {names} as these rules define it: take it from the table instead",
                path=path,
                names=names,
            )
    return population


def of_table(customers: Customers, in_force: Ruleset, *rulesets: Ruleset) -> list[Population]:
    """A table's customers today, read once: the levels by the rules in force, the features by each ruleset."""
    day = day_of(datetime.now(UTC), in_force.programme.time_zone)
    rows = (_rows(customers, state, in_force, rulesets, day) for state in customers.states())
    return populations_for(rulesets, day, rows)


def _rows(customers: Customers, state: State, in_force: Ruleset, rulesets: Sequence[Ruleset], day: Day) -> list[Row]:
    """The rows of a customer, one for each ruleset."""
    same = {state.features_hash} == {one.features_hash for one in (in_force, *rulesets)}
    events = [] if same else stored_history(customers.history(state.customer)).events
    seen = view(state, Timeline.of(in_force), day, events)
    start = FoldStart(state.day, state.closed, (), events, {state.features_hash: state.buckets})
    levels = seen.memory.levels
    return [(state.customer, engine_of(one).facts(start.under(one), seen.day), levels) for one in rulesets]
