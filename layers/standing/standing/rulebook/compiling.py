"""Compiling: the files under `rules/` into one canonical ruleset, or every problem found in them."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import iso4217
from pydantic import TypeAdapter

from standing.core.conditions import Condition, Group, comparisons, count_branches
from standing.core.readers.durable import MOST_FACTS
from standing.core.ruleset import (
    Action,
    Care,
    Feature,
    Measure,
    Programme,
    Rating,
    Ruleset,
    Stability,
    Stratum,
    Unit,
    digest,
)
from standing.rulebook.lines import Known, LineError, parse_line
from standing.rulebook.problems import Problem, RulesError
from standing.rulebook.reading import Place, Source, read, validate
from standing.rulebook.sources import (
    CARE,
    FEATURES,
    PROGRAMME,
    RATING,
    Block,
    CareSource,
    FeatureSource,
    ProgrammeSource,
    RatingSource,
)
from standing.rulebook.vocabulary import FAMILIES, Family, allowed_values

DIGITS: dict[Unit, int] = {"score": 4, "days": 0, "count": 0}
MOST_BRANCHES = 500


@dataclass
class Compiler:
    """One compilation: what is known so far, and the problems found on the way."""

    problems: list[Problem] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def load[T](self, path: Path, root: Path, shape: TypeAdapter[T]) -> tuple[Source, T] | None:
        """A rule file, or nothing where its problems were noted."""
        try:
            source = read(path, path.relative_to(root.parent).as_posix())
            return source, validate(source, shape)
        except RulesError as error:
            self.problems += error.problems
            return None

    def note(self, source: Source, place: Place, message: str) -> None:
        """A problem at a place of a file."""
        self.problems.append(source.problem(place, message))

    def programme(self, source: Source, written: ProgrammeSource) -> Programme:
        """The programme, with its currency's decimals from ISO 4217 and its time zone looked up."""
        digits = _currency_digits(written.currency)
        if digits is None:
            self.note(source, ("currency",), f"`{written.currency}` is not an ISO 4217 currency, such as USD or CNY")
        if written.time_zone not in zoneinfo.available_timezones():
            self.note(source, ("time_zone",), f"`{written.time_zone}` is not a time zone, such as Asia/Shanghai")
        return Programme(
            title=written.title,
            currency=written.currency,
            minor_digits=digits or 0,
            time_zone=written.time_zone,
        )

    def feature(self, source: Source, name: str, written: FeatureSource, programme: Programme) -> Feature | None:
        """A feature with its measure, shared with the others that measure the same, or made of two others."""
        if written.parts:
            return self._combination(source, name, written)
        place: Place = (name, written.kind)
        family_name, dot, value = written.measured.partition(".")
        family = FAMILIES.get(family_name)
        if family is None:
            self.note(source, place, f"`{family_name}` is not one of {', '.join(FAMILIES)}")
            return None
        if problem := _value_problem(written.kind, dot + value, family_name, family):
            self.note(source, place, problem)
            return None
        self._check_where(source, name, written, family)
        unit = _unit(written.kind, value, family)
        self.known[name] = Known(unit, programme.minor_digits if unit == "money" else DIGITS[unit])
        measure = Measure(of=family.of, where=written.where, value=value or "count")
        return Feature(
            name=name,
            title=written.title,
            kind=written.kind,
            measure=self._measure(measure),
            unit=unit,
            over=written.over,
            ending=written.ending,
        )

    def _combination(self, source: Source, name: str, written: FeatureSource) -> Feature | None:
        known = [self.known.get(part) for part in written.parts]
        for number, part in enumerate(written.parts):
            if known[number] is None:
                self.note(source, (name, written.kind, number), f"`{part}` is not a feature that stands above this one")
        first, second = known
        if first is None or second is None:
            return None
        if first.unit != second.unit:
            said = f"{written.kind} needs two of a kind, not {first.unit} and {second.unit}"
            self.note(source, (name, written.kind), said)
            return None
        self.known[name] = Known("score", DIGITS["score"]) if written.kind == "ratio" else first
        content = {"kind": written.kind, "unit": self.known[name].unit, "parts": tuple(written.parts)}
        return Feature.model_validate({"name": name, "title": written.title, **content})

    def _measure(self, measure: Measure) -> int:
        if measure not in self.measures:
            self.measures.append(measure)
        return self.measures.index(measure)

    def _check_where(self, source: Source, name: str, written: FeatureSource, family: Family) -> None:
        for word, value in written.where.items():
            place: Place = (name, "where", word)
            if word not in family.fields:
                self.note(source, place, f"`{word}` cannot be filtered here; {_or_nothing(family.fields)} can")
            elif (allowed := allowed_values(family, word)) and value not in allowed:
                self.note(source, place, f"`{value}` is not one of {', '.join(allowed)}")

    def block(self, source: Source, place: Place, block: Block) -> Condition | None:
        """A condition tree; nothing where one of its lines was wrong, which is noted."""
        (kind,) = block.model_fields_set
        lines = getattr(block, kind)
        if not lines:
            self.note(source, (*place, kind), f"`{kind}` has no lines")
            return None
        parts = [self._part(source, (*place, kind, number), line) for number, line in enumerate(lines)]
        found = tuple(part for part in parts if part is not None)
        if len(found) < len(parts):
            return None
        return Group(group=kind, of=found)

    def _part(self, source: Source, place: Place, line: str | Block) -> Condition | None:
        if isinstance(line, Block):
            return self.block(source, place, line)
        try:
            return parse_line(line, self.known)
        except LineError as error:
            self.note(source, place, str(error))
            return None

    def conditions(self, source: Source, word: str, written: RatingSource) -> dict[str, Condition]:
        """The `qualify` or `retain` conditions of a rating, by level."""
        found = {}
        for level, block in getattr(written, word).items():
            if level not in _conditional(written):
                self.note(source, (word, level), _level_message(level, written))
            elif (tree := self.block(source, (word, level), block)) and self._small(source, (word, level), tree):
                found[level] = tree
        return found

    def _small(self, source: Source, place: Place, tree: Condition) -> bool:
        if len({line.fact for line in comparisons(tree)}) > MOST_FACTS:
            self.note(source, place, f"uses over {MOST_FACTS} features: split the rule")
            return False
        if count_branches(tree) > MOST_BRANCHES:
            self.note(source, place, f"has over {MOST_BRANCHES} alternatives: split the rule")
            return False
        return True

    def rating(self, source: Source, written: RatingSource) -> Rating:
        """A rating; each level above the lowest (where they have no order: before the last) needs its `qualify`."""
        for word in written.model_fields_set & {"retain", "stability", "late_events"} if not written.ordered else ():
            self.note(source, (word,), f"`{word}`: only an ordered rating rises, falls and is retained")
        for level in _conditional(written):
            if level not in written.qualify:
                self.note(source, ("qualify",), f"`{level}` is missing: nobody could reach it")
        return Rating(
            name=written.rating,
            title=written.title,
            ordered=written.ordered,
            levels=tuple(written.levels),
            stability=Stability(**written.stability.model_dump()),
            honours=written.late_events.fall == "honour",
            qualify=self.conditions(source, "qualify", written),
            retain=self.conditions(source, "retain", written),
        )

    def care(self, source: Source, number: int, written: CareSource) -> Care | None:
        """A care rule, or nothing where its conditions were wrong."""
        tree = self.block(source, (number, "when"), written.when)
        if tree is None or not self._small(source, (number, "when"), tree):
            return None
        do = Action(**written.do.model_dump())
        return Care(name=written.care, title=written.title, when=tree, do=do, repeat_after=written.repeat_after)


def compile_rules(folder: Path) -> Ruleset:
    """The ruleset of a `rules/` folder. Raises RulesError with every problem that could be found."""
    compiler = Compiler()
    programme = _programme(compiler, folder)
    features = _features(compiler, folder, programme)
    ratings = _ratings(compiler, folder)
    care = _care(compiler, folder)
    strata = _strata(compiler, ratings, care)
    if compiler.problems or programme is None:
        raise RulesError(compiler.problems)
    return assemble(programme, *_in_order(compiler.measures, features), strata)


def assemble(
    programme: Programme, measures: tuple[Measure, ...], features: tuple[Feature, ...], strata: tuple[Stratum, ...]
) -> Ruleset:
    """A ruleset under the version that its content has."""
    draft = Ruleset(version="", programme=programme, measures=measures, features=features, strata=strata)
    version = digest(draft.model_dump(mode="json", exclude={"version"}))[:12]
    return draft.model_copy(update={"version": version})


def _in_order(
    measures: list[Measure], features: tuple[Feature, ...]
) -> tuple[tuple[Measure, ...], tuple[Feature, ...]]:
    """Measures in an order of their own, so that states stay valid however the features are ordered in their file."""
    order = sorted(range(len(measures)), key=lambda number: measures[number].model_dump_json())
    moved = (one if one.parts else one.model_copy(update={"measure": order.index(one.measure)}) for one in features)
    return tuple(measures[number] for number in order), tuple(moved)


def _programme(compiler: Compiler, folder: Path) -> Programme | None:
    loaded = compiler.load(folder / "programme.yaml", folder, PROGRAMME)
    return compiler.programme(*loaded) if loaded else None


def _features(compiler: Compiler, folder: Path, programme: Programme | None) -> tuple[Feature, ...]:
    loaded = compiler.load(folder / "features.yaml", folder, FEATURES)
    if not loaded or programme is None:
        raise RulesError(compiler.problems)  # without features, every condition would be called wrong
    source, written = loaded
    features = [compiler.feature(source, name, entry, programme) for name, entry in written.items()]
    if compiler.problems:
        raise RulesError(compiler.problems)
    return tuple(feature for feature in features if feature)


def _ratings(compiler: Compiler, folder: Path) -> list[Rating]:
    loaded = [compiler.load(path, folder, RATING) for path in sorted((folder / "ratings").glob("*.yaml"))]
    files = [entry for entry in loaded if entry]
    if len(files) < len(loaded):
        raise RulesError(compiler.problems)  # without a rating, every line that speaks of it would be called wrong
    for source, written in files:
        if written.rating in compiler.known:
            compiler.note(source, ("rating",), f"`{written.rating}` is already the name of a feature or rating")
        compiler.known |= _known_of(written)
        compiler.files[written.rating] = source.file
    return [compiler.rating(source, written) for source, written in files]


def _care(compiler: Compiler, folder: Path) -> list[Care]:
    found: dict[str, Care] = {}
    for path in sorted((folder / "care").glob("*.yaml")):
        source, entries = compiler.load(path, folder, CARE) or (None, [])
        for number, written in enumerate(entries):
            if source and written.care in found:
                compiler.note(source, (number, "care"), f"`{written.care}` is the name of another care rule")
            elif source and (care := compiler.care(source, number, written)):
                found[care.name] = care
    return list(found.values())


def _strata(compiler: Compiler, ratings: list[Rating], care: list[Care]) -> tuple[Stratum, ...]:
    """Ratings in layers, each using only those before it; care comes last, so that it may use them all."""
    graph = {rating.name: _used(rating) & {other.name for other in ratings} for rating in ratings}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        names = error.args[1]
        said = f"ratings need each other in a circle: {' → '.join(names)}"
        compiler.problems.append(Problem(compiler.files[names[0]], 1, said))
        return ()
    by_name = {rating.name: rating for rating in ratings}
    strata = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        strata.append(Stratum(ratings=tuple(by_name[name] for name in ready)))
        sorter.done(*ready)
    return (*strata, Stratum(care=tuple(care)))


def _used(rating: Rating) -> set[str]:
    trees = (*rating.qualify.values(), *rating.retain.values())
    return {line.fact.partition(".")[0] for tree in trees for line in comparisons(tree)}


def _currency_digits(code: str) -> int | None:
    try:
        return int(iso4217.Currency(code).exponent or 0)
    except ValueError:
        return None


def _value_problem(kind: str, value: str, family_name: str, family: Family) -> str | None:
    if kind in {"sum", "mean"}:
        choices = " or ".join(f"{family_name}.{name}" for name in family.values) or f"{family_name} can only be counted"
        return None if value[1:] in family.values else f"{kind} needs a value: {choices}"
    return f"{kind} takes {family_name} alone, without `{value}`" if value else None


def _unit(kind: str, value: str, family: Family) -> Unit:
    if kind in {"sum", "mean"}:
        return next(unit for name, unit in family.values.items() if name == value)
    return "days" if kind.startswith("days_since") else "count"


def _or_nothing(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "nothing"


def _known_of(written: RatingSource) -> dict[str, Known]:
    levels = Known(levels=tuple(written.levels), ordered=written.ordered)
    name = written.rating
    return {name: levels, f"{name}.would_become": levels, f"{name}.days_to_review": Known("days")}


def _conditional(written: RatingSource) -> list[str]:
    """The levels that need a condition: all but the one a customer has where none holds."""
    return written.levels[1:] if written.ordered else written.levels[:-1]


def _level_message(level: str, written: RatingSource) -> str:
    if level in written.levels:
        return f"`{level}` is the {'lowest' if written.ordered else 'last'} level, which needs no condition"
    return f"`{level}` is not one of the levels: {', '.join(written.levels)}"
