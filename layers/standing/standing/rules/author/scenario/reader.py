"""Reading stories: the files of `scenarios/` against the rules they speak of, or every problem found in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from standing.events import Purchase, Refund
from standing.events.intake import Event, Rejected
from standing.rules.author.messages import nearest
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.reader import Place, Source, read, validate
from standing.rules.author.scenario.events import build_event, expected_of, fields_of
from standing.rules.author.scenario.expectations import expected_facts, never_facts
from standing.rules.author.scenario.messages import in_words
from standing.rules.author.scenario.scenario import Expected, Scenario
from standing.rules.author.scenario.sources import SCENARIO, STEP, ScenarioSource, StepSource
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, day_date
from standing.values.messages import Readable, in_a_row, listed

FOLDER = "scenarios"
MOST_EVENTS = 10_000
LAST_YEAR = 2199


def read_scenarios(folder: Path, ruleset: Ruleset) -> list[Scenario]:
    """Every story beside the rules of a folder. Raises RulesError with every problem that could be found."""
    paths = sorted((folder / FOLDER).glob("*.yaml"))
    if not paths:
        place = (folder / FOLDER).relative_to(folder.parent).as_posix()
        raise RulesError([Problem.of(place, 1, in_words("no_story"))])
    sources = []
    problems = [
        Problem.of(path.relative_to(folder.parent).as_posix(), 1, in_words("not_read"))
        for path in (folder / FOLDER).glob("*.yml")
    ]
    for path in paths:
        try:
            sources.append(read(path, path.relative_to(folder.parent).as_posix()))
        except RulesError as error:
            problems += error.problems
    return scenarios_in(sources, ruleset, problems)


def scenarios_in(sources: list[Source], ruleset: Ruleset, problems: list[Problem]) -> list[Scenario]:
    """The scenarios of some files, of which some `problems` are known. Raises RulesError with all that there are."""
    scenarios: dict[str, Scenario] = {}
    for part in (part for source in sources for part in _parts(source)):
        teller = ScenarioReader(part, ruleset, problems)
        scenario = teller.scenario()
        if scenario and (other := scenarios.get(scenario.name)):
            place = f"{other.file}:{other.line}"
            teller.note(("scenario",), in_words("name_taken", name=scenario.name, place=place))
        elif scenario:
            scenarios[scenario.name] = scenario
    if problems:
        raise RulesError(problems)
    return list(scenarios.values())


def _parts(source: Source) -> list[Source]:
    """Each story of a file, which holds one or a list of them."""
    if not isinstance(source.data, list):
        return [source]
    return [_part(source, (number,)) for number in range(len(source.data))]


def _part(source: Source, place: Place) -> Source:
    """What stands at a place of a source, as a source of its own, so that problems name its words alone."""
    data = source.data
    for step in place:
        data = data[step]
    depth = len(place)
    return Source(source.file, data, {at[depth:]: mark for at, mark in source.marks.items() if at[:depth] == place})


@dataclass
class ScenarioReader:
    """One story being understood: what it is told with, and the problems found on the way."""

    source: Source
    ruleset: Ruleset
    problems: list[Problem]
    events: list[Event] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def note(self, place: Place, text: Readable, source: Source | None = None, at: int | None = 0) -> None:
        """A problem at a place of the story, or of a part of it: at its value, or at its name."""
        self.problems.append((source or self.source).problem(place, text, at=at))

    def scenario(self) -> Scenario | None:
        """The story, or nothing where it was not understood; why is noted."""
        before = len(self.problems)
        written = self._shaped(self.source, SCENARIO, ScenarioSource.model_fields, "story")
        if written is None:
            return None
        for number in range(len(written.story)):
            self._step(_part(self.source, ("story", number)))
        self._never(written.never)
        if len(self.problems) == before:
            self._check_whole()
        return self._finished(written) if len(self.problems) == before else None

    def _finished(self, written: ScenarioSource) -> Scenario:
        line = self.source.line(("scenario",))
        first = min(event.day for event in self.events)
        days = tuple(sorted({day for day in self.days if day >= first}))
        events, expected = tuple(self.events), tuple(self.expected)
        return Scenario(written.scenario, written.title, self.source.file, line, events, expected, days)

    def _shaped[T](self, source: Source, shape: TypeAdapter[T], words: Collection[str], what: str) -> T | None:
        """A part of the story in its shape; nothing where that is wrong, or where a word does not belong."""
        if not isinstance(source.data, dict):
            self.note((), in_words("no_block", what=in_words(what)), source)
            return None
        unknown = [word for word in source.data if word not in words]
        for word in unknown:
            text = in_words("no_word", word=word, what=in_words(what), nearest=nearest(str(word), words))
            self.note((word,), text, source, at=None)
        try:
            shaped = validate(source, shape)
        except RulesError as error:
            self.problems += error.problems
            return None
        return None if unknown else shaped

    def _step(self, source: Source) -> None:
        step = self._shaped(source, STEP, StepSource.model_fields, "step")
        day = self._day(source, step) if step else None
        if step is None or day is None:
            return
        self.days.append(day)
        if len(step.happens) > 1:
            events = listed("and", step.happens)
            self.note((step.happens[1],), in_words("two_events", events=events), source, at=None)
        elif step.happens:
            self._happen(source, step, step.happens[0], day)
        elif "times" in step.model_fields_set:
            self.note(("times",), in_words("times"), source, at=None)
        self._expect(source, step, day)

    def _day(self, source: Source, step: StepSource) -> Day | None:
        """The day of a step, which is no earlier than that of the step before."""
        before = self.days[-1] if self.days else None
        if (step.on is None) is (step.after is None):
            self.note((), in_words("on_or_after"), source)
        elif step.on is not None and before is not None and step.on < before:
            self.note(("on",), in_words("back_in_time", day=day_date(before)), source)
        elif step.on is not None:
            return step.on
        elif before is None:
            self.note(("after",), in_words("first_after"), source)
        elif day_date(before).year > LAST_YEAR - 30:  # 9999 days, the most there can be, are 28 years
            self.note(("after",), in_words("end_of_time", year=str(LAST_YEAR - 30)), source)
        else:
            return before + (step.after or 0)
        return None

    def _happen(self, source: Source, step: StepSource, family: str, day: Day) -> None:
        fields: dict[str, Any] = getattr(step, family)
        if problem := self._odd_field(family, fields):
            self.note((family, problem[0]), problem[1], source, at=None)
        elif len(self.events) + step.times > MOST_EVENTS:
            self.note((family,), in_words("too_many", most=f"{MOST_EVENTS:,}"), source)
        else:
            self._made(source, step, family, day)

    def _odd_field(self, family: str, fields: Mapping[str, Any]) -> tuple[str, Readable] | None:
        """A field that events of this kind do not have, or a care rule that there is not."""
        known = fields_of(family)
        odd = next((name for name in fields if name not in known), None)
        if odd == "customer":
            return odd, in_words("a_customer")
        if odd is not None:
            return odd, in_words("no_field", name=odd, family=family, fields=in_a_row(known))
        care = str(fields.get("care"))
        if "care" in fields and care not in self.ruleset.care:
            return "care", in_words("no_care", name=care, nearest=nearest(care, self.ruleset.care))
        return None

    def _made(self, source: Source, step: StepSource, family: str, day: Day) -> None:
        fields: dict[str, Any] = getattr(step, family)
        for time in range(step.times):
            numbered = {"id": f"{fields['id']}-{time + 1}"} if "id" in fields and step.times > 1 else {}
            try:
                event = build_event(self.ruleset, family, fields | numbered, day, len(self.events) + 1)
            except Rejected as error:
                path = (family, *error.field.split(".")[1:])
                expected = expected_of(error)
                self.note(path, in_words("expected", field=".".join(path), expected=expected), source)
                return
            if text := self._of_nothing(event):
                self.note((family, "purchase"), text, source)
                return
            if event.detail.id in self.ids:
                self.note((family, "id"), in_words("id_taken", name=event.detail.id), source)
                return
            self.ids.add(event.detail.id)
            self.events.append(event)

    def _of_nothing(self, event: Event) -> Readable | None:
        """What is wrong with a refund that names a purchase of which this story has not told."""
        named = event.detail.purchase if isinstance(event.detail, Refund) else None
        bought = [one.detail.id for one in self.events if isinstance(one.detail, Purchase)] if named else []
        if named is None or named in bought:
            return None
        return in_words("of_nothing", name=named, nearest=nearest(named, bought))

    def _expect(self, source: Source, step: StepSource, day: Day) -> None:
        for wish in expected_facts(self.ruleset, step, partial(self.note, source=source)):
            line = source.line(wish.place)
            self.expected.append(Expected(wish.kind, wish.about, wish.wanted, line, day))

    def _never(self, never: list[Any]) -> None:
        for wish in never_facts(self.ruleset, never, self.note):
            line = self.source.line(wish.place)
            self.expected.append(Expected(wish.kind, wish.about, wish.wanted, line, None))

    def _check_whole(self) -> None:
        """A story needs a customer with an event before the first expectation, and an expectation."""
        first = min((event.day for event in self.events), default=None)
        if first is None:
            self.note(("story",), in_words("no_event"))
            return
        for early in self.expected:
            if early.day is not None and early.day < first:
                text = in_words("too_early", about=early.about, day=day_date(first))
                self.problems.append(Problem.of(self.source.file, early.line, text))
        if not self.expected:
            self.note((), in_words("nothing_expected"))
