"""Compiling: the files under `rules/` into one canonical ruleset, or every problem found in them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import iso4217

from standing.engine.backends.durable import MOST_FACTS
from standing.rules.author.diagnostics import Diagnostics
from standing.rules.author.features import compile_feature
from standing.rules.author.files import KINDS, unrecognised_files
from standing.rules.author.lines import LineError, Symbol, parse_line, parse_literal
from standing.rules.author.messages import in_words
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.producers import compile_producers
from standing.rules.author.reader import Place, Source
from standing.rules.author.signs import foreign
from standing.rules.author.sizes import KB, MOST_NAMED, Sizes, sizes_of
from standing.rules.author.source_map import SourceMap
from standing.rules.author.sources import (
    CARE,
    FEATURES,
    PROGRAMME,
    RATING,
    Block,
    CareSource,
    ProgrammeSource,
    RatingSource,
    SuccessSource,
)
from standing.rules.author.vocabulary import FAMILIES
from standing.rules.conditions import Condition, Group, comparisons, count_branches
from standing.rules.features import RULING, Feature, Measure, WindowedFeature, by_name
from standing.rules.ruleset import (
    Action,
    Cap,
    Care,
    Programme,
    QuietHours,
    Rating,
    Ruleset,
    Stability,
    Stratum,
    Success,
    digest,
)
from standing.values.days import Day
from standing.values.messages import Readable, in_a_row

MOST_BRANCHES = 500
ONLY_ORDERED = {"retain", "stability", "late_events", "existing", "better"}
MOST_LATENESS = 400
FINITE_LATENESS = 180


@dataclass
class Compiler(Diagnostics):
    """One compilation of a `rules/` folder."""

    effective: Day | None = None
    files: dict[str, str] = field(default_factory=dict)
    actions: set[str] | None = field(default_factory=set)  # none where some file of care could not be read
    places: SourceMap = field(default_factory=SourceMap)

    def programme(self, source: Source, written: ProgrammeSource) -> Programme:
        """The programme, with its currency's decimals from ISO 4217 and its time zone looked up."""
        digits = _currency_digits(written.currency)
        if digits is None:
            self.note(source, ("currency",), in_words("no_currency", code=written.currency))
        if written.time_zone not in zoneinfo.available_timezones():
            self.note(source, ("time_zone",), in_words("no_time_zone", zone=written.time_zone))
        for number, cap in enumerate(written.contact_caps):
            self._check_channel(source, ("contact_caps", number, "channel"), cap.channel, written.channels)
        if written.lateness > (MOST_LATENESS if written.history is None else FINITE_LATENESS):
            self.note(source, ("lateness",), in_words("lateness", most=str(MOST_LATENESS), finite=str(FINITE_LATENESS)))
        caps = tuple(Cap(**cap.model_dump()) for cap in written.contact_caps)
        quiet = written.quiet_hours
        return Programme(
            title=written.title,
            currency=written.currency,
            minor_digits=digits or 0,
            time_zone=written.time_zone,
            lateness=written.lateness,
            history=written.history,
            channels=tuple(written.channels),
            consent={channel: self.measure(_consent(channel)) for channel in written.channels},
            caps=caps,
            quiet_hours=QuietHours(begin=quiet.begin, end=quiet.end) if quiet else None,
            salt=written.holdout_salt,
            activities=tuple(written.activities),
            never_together=tuple((first, second) for first, second in written.never_together),
            producers=compile_producers(self, source, written.producers),
            longest_override=written.overrides.longest,
            effective=written.effective,
        )

    def _check_channel(self, source: Source, place: Place, channel: str | None, channels: Sequence[str]) -> None:
        if channel is not None and channel not in channels:
            known = in_a_row(channels) if channels else in_words("no_channels")
            self.note(source, place, in_words("no_channel", channel=channel, known=known))

    def check_history(self, source: Source, features: Iterable[Feature], programme: Programme) -> None:
        """A window must fit into the history that is kept, even for the latest event that still counts."""
        if programme.history is None:
            return
        for feature in (one for one in features if isinstance(one, WindowedFeature)):
            days = feature.window.reach
            if days is None or days + programme.lateness > programme.history:
                longest = programme.history - programme.lateness
                text = in_words("looks_back" if days else "looks_back_ever", days=str(days), kept=str(longest))
                self.note(source, (feature.name,), text, "CHK-13")

    def asks(self, actions: set[str] | None) -> None:
        """Note the actions that a file of care rules asks for; nothing where it could not be read."""
        self.actions = None if actions is None or self.actions is None else self.actions | actions

    def block(self, source: Source, place: Place, block: Block) -> Condition | None:
        """A condition tree; nothing where one of its lines was wrong, which is noted."""
        (kind,) = block.model_fields_set
        lines = getattr(block, kind)
        if not lines:
            self.note(source, (*place, kind), in_words("no_lines", kind=kind), at=None)
            return None
        parts = [self._part(source, (*place, kind, number), line) for number, line in enumerate(lines)]
        conditions = tuple(part for part in parts if part is not None)
        if len(conditions) < len(parts):
            return None
        return Group(group=kind, of=conditions)

    def _part(self, source: Source, place: Place, line: str | Block) -> Condition | None:
        if isinstance(line, Block):
            return self.block(source, place, line)
        try:
            return parse_line(line, self.known)
        except LineError as error:
            self.note(source, place, error.said, error.check, error.at)
            return None

    def conditions(self, source: Source, word: str, written: RatingSource) -> dict[str, Condition]:
        """The `qualify` or `retain` conditions of a rating, by level."""
        conditions = {}
        for level, block in getattr(written, word).items():
            if level not in _conditional(written):
                self.note(source, (word, level), _level_message(level, written), at=None)
            elif (tree := self.block(source, (word, level), block)) and self._small(source, (word, level), tree):
                conditions[level] = tree
                self.places.mark(f"{written.rating}/{word}/{level}", source, (word, level), block)
        return conditions

    def _small(self, source: Source, place: Place, tree: Condition) -> bool:
        if len({line.fact for line in comparisons(tree)}) > MOST_FACTS:
            self.note(source, place, in_words("too_wide", most=MOST_FACTS), at=None)
            return False
        if count_branches(tree) > MOST_BRANCHES:
            self.note(source, place, in_words("too_branched", most=MOST_BRANCHES), at=None)
            return False
        return True

    def rating(self, source: Source, written: RatingSource) -> Rating:
        """A rating; each level above the lowest (where they have no order: before the last) needs its `qualify`."""
        for word in written.model_fields_set & ONLY_ORDERED if not written.ordered else ():
            self.note(source, (word,), in_words("only_ordered", word=word), at=None)
        if written.existing == "keep" and self.effective is None:
            self.note(source, ("existing",), in_words("no_effective"))
        self.places.mark(f"{written.rating}/existing", source, ("existing",))
        for level in written.level_titles.keys() - set(written.levels):
            self.note(source, ("level_titles", level), _level_message(level, written), at=None)
        for level in _conditional(written):
            if level not in written.qualify:
                self.note(source, ("qualify",), in_words("unreached", level=level), at=None)
        return Rating(
            name=written.rating,
            title=written.title,
            ordered=written.ordered,
            levels=tuple(written.levels),
            stability=Stability(**written.stability.model_dump()),
            honours=written.late_events.fall == "honour",
            existing=written.existing,
            qualify=self.conditions(source, "qualify", written),
            retain=self.conditions(source, "retain", written),
            override=self.measure(_override(written.rating)),
            better=written.better,
            level_titles={
                level: written.level_titles[level] for level in written.levels if level in written.level_titles
            },
        )

    def care(self, source: Source, number: int, written: CareSource, programme: Programme) -> Care | None:
        """A care rule, or nothing where its conditions were wrong."""
        tree = self.block(source, (number, "when"), written.when)
        if tree is None or not self._small(source, (number, "when"), tree):
            return None
        self._check_channel(source, (number, "do", "channel"), written.do.channel, list(programme.channels))
        self.places.mark(f"care/{written.care}", source, (number, "when"), written.when)
        self.places.accept(f"care/{written.care}", source, (number,), written.accept)
        return Care(
            name=written.care,
            title=written.title,
            when=tree,
            do=Action(**written.do.model_dump(exclude={"cost"}), cost=self._cost(source, number, written, programme)),
            repeat_after=written.repeat_after,
            holdout=written.holdout,
            success=self._success(source, number, written.success),
        )

    def _cost(self, source: Source, number: int, written: CareSource, programme: Programme) -> int | None:
        """What one action costs, in minor units."""
        if written.do.cost is None:
            return None
        try:
            return int(parse_literal(Symbol("money", programme.minor_digits), written.do.cost))
        except LineError as error:
            self.note(source, (number, "do", "cost"), error.said, at=error.at)
            return None

    def _success(self, source: Source, number: int, written: SuccessSource | None) -> Success | None:
        if written is None:
            return None
        about = self.known.get(written.feature)
        if about is None or about.levels or about.unit == "text":
            self.note(source, (number, "success", "feature"), in_words("no_success", name=written.feature))
            return None
        try:
            at_least = parse_literal(about, written.at_least)
        except LineError as error:
            self.note(source, (number, "success", "at_least"), error.said, at=error.at)
            return None
        return Success(feature=written.feature, at_least=int(at_least), after=written.after)


@dataclass(frozen=True)
class CompiledRules:
    """A ruleset, where its parts are written, and the actions that must never fall due together."""

    ruleset: Ruleset
    places: SourceMap
    never_together: tuple[tuple[str, str], ...]


def compile_rules(folder: Path) -> Ruleset:
    """The ruleset of a `rules/` folder. Raises RulesError with every problem that could be found."""
    return compile_folder(folder).ruleset


def compile_folder(folder: Path) -> CompiledRules:
    """The ruleset of a `rules/` folder, with where it is written. Raises RulesError with every problem found."""
    compiler = Compiler()
    compiler.problems += [_stray(folder, path) for path in unrecognised_files(folder)]
    passed_over = bool(compiler.problems)  # what a file that is not read defines would be called unknown elsewhere
    programme, never_together = _programme(compiler, folder)
    features = _features(compiler, folder, programme)
    if passed_over:
        raise RulesError(compiler.problems)
    ratings = _ratings(compiler, folder)
    care = _care(compiler, folder, programme) if programme else []
    _check_actions(compiler, never_together)
    try:
        strata = stratified(ratings, care)
    except CycleError as error:
        compiler.problems.append(_circle(compiler, error.args[1]))
    if compiler.problems or programme is None:
        raise RulesError(compiler.problems)
    measures = [_cautious(measure, ratings) for measure in compiler.measures.values()]
    ruleset = assemble(programme, measures, features, strata)
    if not (sizes := sizes_of(ruleset)).fits:
        raise RulesError([_too_large(compiler, sizes)])
    return CompiledRules(ruleset, compiler.places, never_together)


def _too_large(compiler: Compiler, sizes: Sizes) -> Problem:
    """A state that may outgrow a row of the table would keep every further event of its customer from being saved."""
    largest = in_a_row(f"{names} ({size // KB} KB)" for names, size in sizes.largest[:MOST_NAMED])
    text = in_words("state_too_large", most=sizes.most // KB, limit=sizes.limit // KB, largest=largest)
    spot = compiler.places.find(sizes.largest[0][0].partition(", ")[0])
    return Problem.of(spot.file, spot.line, text)


def _stray(folder: Path, path: Path) -> Problem:
    belongs = in_a_row(kind.pattern for kind in KINDS)
    return Problem.of(path.relative_to(folder.parent).as_posix(), 1, in_words("stray", where=belongs))


def assemble(
    programme: Programme, measures: Iterable[Measure], features: tuple[Feature, ...], strata: tuple[Stratum, ...]
) -> Ruleset:
    """A ruleset under the version that its content has."""
    named = by_name(measures)
    draft = Ruleset(version="", programme=programme, measures=named, features=features, strata=strata)
    version = digest(draft.model_dump(mode="json", exclude={"version"}, exclude_defaults=True))[:12]
    return draft.model_copy(update={"version": version})


def _cautious(measure: Measure, ratings: Iterable[Rating]) -> Measure:
    """A measure that knows which of two values of one moment counts: the lower level, the lesser appetite for risk."""
    if measure.keeps != "latest":
        return measure
    rating = next((one for one in ratings if one.name == measure.where.get("rating")), None)
    if measure.of == ("override",) and measure.value in {"level", RULING} and rating:
        return measure.model_copy(update={"order": rating.levels})
    value = FAMILIES[measure.of[0]].value(measure.value) if len(measure.of) == 1 else None
    return measure.model_copy(update={"order": value.levels if value else ()})


def _consent(channel: str) -> Measure:
    return Measure(of=("profile",), value=f"consent.{channel}", keeps="latest")


def _override(rating: str) -> Measure:
    return Measure(of=("override",), where={"rating": rating}, value=RULING, keeps="latest")


def _programme(compiler: Compiler, folder: Path) -> tuple[Programme | None, tuple[tuple[str, str], ...]]:
    loaded = compiler.load(folder / "programme.yaml", folder, PROGRAMME)
    if loaded is None:
        return None, ()
    source, written = loaded
    compiler.effective = written.effective
    compiler.places.mark("programme/effective", source, ("effective",))
    compiler.places.mark("programme/never_together", source, ("never_together",))
    return compiler.programme(source, written), tuple((pair[0], pair[1]) for pair in written.never_together)


def _check_actions(compiler: Compiler, never_together: Iterable[tuple[str, str]]) -> None:
    """The actions that must never fall due together are ones that some care rule asks for, as far as all are read."""
    known = compiler.actions
    if known is None:
        return
    for action in (one for pair in never_together for one in pair if one not in known):
        file, line = compiler.places.spots["programme/never_together"]
        text = in_words("no_action", action=action, names=in_a_row(sorted(known)))
        compiler.problems.append(Problem.of(file, line, text))


def _features(compiler: Compiler, folder: Path, programme: Programme | None) -> tuple[Feature, ...]:
    loaded = compiler.load(folder / "features.yaml", folder, FEATURES)
    if not loaded or programme is None:
        raise RulesError(compiler.problems)  # without features, every condition would be called wrong
    source, written = loaded
    made = [compile_feature(compiler, source, name, entry, programme) for name, entry in written.items()]
    features = tuple(feature for feature in made if feature)
    for name, entry in written.items():
        compiler.places.accept(name, source, (name,), entry.accept)
    compiler.check_history(source, features, programme)
    if compiler.problems:
        raise RulesError(compiler.problems)
    return features


def _ratings(compiler: Compiler, folder: Path) -> list[Rating]:
    loaded = [compiler.load(path, folder, RATING) for path in sorted((folder / "ratings").glob("*.yaml"))]
    files = [entry for entry in loaded if entry]
    if len(files) < len(loaded):
        raise RulesError(compiler.problems)  # without a rating, every line that speaks of it would be called wrong
    for source, written in files:
        if written.rating in compiler.known:
            compiler.note(source, ("rating",), in_words("name_taken", name=written.rating))
        compiler.known |= _known_of(written)
        compiler.files[written.rating] = source.file
        compiler.places.accept(written.rating, source, ("rating",), written.accept)
    return [compiler.rating(source, written) for source, written in files]


def _care(compiler: Compiler, folder: Path, programme: Programme) -> list[Care]:
    rules: dict[str, Care] = {}
    for path in sorted((folder / "care").glob("*.yaml")):
        source, entries = compiler.load(path, folder, CARE) or (None, [])
        compiler.asks(None if source is None else {written.do.action for written in entries})
        for number, written in enumerate(entries):
            if source and written.care in rules:
                compiler.note(source, (number, "care"), in_words("care_taken", name=written.care))
            elif source and (care := compiler.care(source, number, written, programme)):
                rules[care.name] = care
    return list(rules.values())


def stratified(ratings: Iterable[Rating], care: Iterable[Care]) -> tuple[Stratum, ...]:
    """Ratings in layers, each using only those before it; care comes last, so that it may use them all.

    Raises CycleError where ratings need each other in a circle.
    """
    by_name = {rating.name: rating for rating in ratings}
    sorter = TopologicalSorter({name: _used(rating) & by_name.keys() for name, rating in by_name.items()})
    sorter.prepare()
    strata = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        strata.append(Stratum(ratings=tuple(by_name[name] for name in ready)))
        sorter.done(*ready)
    return (*strata, Stratum(care=tuple(care)))


def _circle(compiler: Compiler, names: list[str]) -> Problem:
    said = in_words("circle", names=" → ".join(names))
    return Problem.of(compiler.files[names[0]], 1, said, "CHK-12")


def _used(rating: Rating) -> set[str]:
    return {line.fact.partition(".")[0] for tree in rating.rules.values() for line in comparisons(tree)}


def _currency_digits(code: str) -> int | None:
    try:
        return int(iso4217.Currency(code).exponent or 0)
    except ValueError:
        return None


def _known_of(written: RatingSource) -> dict[str, Symbol]:
    levels = Symbol(levels=tuple(written.levels), ordered=written.ordered)
    name = written.rating
    return {name: levels, f"{name}.would_become": levels, f"{name}.days_to_review": Symbol("days")}


def _conditional(written: RatingSource) -> list[str]:
    """The levels that need a condition: all but the one a customer has where none holds."""
    return written.levels[1:] if written.ordered else written.levels[:-1]


def _level_message(level: str, written: RatingSource) -> Readable:
    if level in written.levels:
        return in_words("lowest" if written.ordered else "last", level=level)
    slip = foreign(level)
    return slip.said if slip else in_words("not_a_level", level=level, levels=in_a_row(written.levels))
