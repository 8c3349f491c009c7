"""The rules as tables: the programme, features, ratings, care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from standing.engine.reasons import display
from standing.present.rules.words import (
    Words,
    about,
    channel,
    lines,
    measured,
    opening,
    plain,
    stability,
    unit,
    window,
)
from standing.rules.conditions import Condition
from standing.rules.frozen import Title
from standing.rules.prove.findings import CHECKS
from standing.rules.ruleset import TEN_THOUSAND, Care, Rating, Ruleset, Success
from standing.values.days import day_date
from standing.values.messages import in_a_row
from standing.values.money import from_minor

type Row = tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A heading, paragraphs and a table. Backticks in texts mark code of the rules.

    `whole` is the column that is better not wrapped. `grouped`: rows with an empty first cell belong to the row above.
    """

    title: str
    depth: int
    said: list[str] = field(default_factory=list)
    columns: Row = ()
    rows: list[Row] = field(default_factory=list)
    whole: int = 1
    grouped: bool = False


@dataclass(frozen=True)
class RulesInWords:
    """A ruleset in the words of one language. With `both`, titles are in Chinese too.

    `never_together`: the actions that must never fall due together for a customer. `accepted`: by subject and check,
    the reason why a finding may stay.
    """

    ruleset: Ruleset
    words: Words
    both: bool = False
    never_together: tuple[tuple[str, str], ...] = ()
    accepted: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def title(self, title: Title) -> str:
        """A title for a heading."""
        return plain(f"{title.en} · {title.zh}") if self.both else self.words.title(title)

    def sections(self) -> Iterator[Section]:
        """All sections, from the programme to the last care rule."""
        yield self._programme()
        yield self._features()
        yield Section(self.words("ratings"), 2)
        for rating in self.ruleset.ratings.values():
            yield self._rating(rating)
        if self.ruleset.care:
            yield self._care_at_a_glance()
        for care in self.ruleset.care.values():
            yield self._care(care)
        if self.accepted:
            yield self._accepted()

    def _accepted(self) -> Section:
        """The findings of `standing rules check` that the rules accept, each with its reason."""
        columns = tuple(map(self.words, ("accepted_about", "accepted_found", "accepted_reason")))
        rows: list[Row] = [
            (f"`{about}`", f"{check} {CHECKS.say(check, self.words.language)}", plain(reason))
            for (about, check), reason in sorted(self.accepted.items())
        ]
        return Section(self.words("accepted"), 2, [], columns, rows, whole=0)

    def _programme(self) -> Section:
        words, shared = self.words, self.ruleset.programme
        rows: list[Row] = [
            (words("currency"), shared.currency),
            (words("time_zone"), shared.time_zone),
            (words("channels"), in_a_row(shared.channels).in_language(words.language) or words("none")),
            *(
                [(words("activities"), in_a_row(shared.activities).in_language(words.language))]
                if shared.activities
                else []
            ),
            (words("producers"), "\n".join(self._producers()) or words("any_source")),
            (words("overrides"), words("overrides_are", days=words.days(shared.longest_override))),
            (words("caps"), "\n".join(self._caps()) or words("none")),
            (words("quiet_hours"), self._quiet_hours()),
            *([(words("never_together"), "\n".join(self._pairs()))] if self.never_together else []),
            (words("lateness"), words("lateness_is", days=words.days(shared.lateness))),
            (words("history"), self._history()),
            *([(words("effective"), str(day_date(shared.effective)))] if shared.effective is not None else []),
        ]
        return Section(words("programme"), 2, [], (words("setting"), words("value")), rows)

    def _producers(self) -> Iterator[str]:
        for source, kinds in self.ruleset.programme.producers.items():
            yield self.words("sends", source=source, kinds=in_a_row(kinds))

    def _caps(self) -> Iterator[str]:
        for cap in self.ruleset.programme.caps:
            name = "cap_of_channel" if cap.channel else "cap"
            yield self.words(name, at_most=cap.at_most, days=self.words.days(cap.within), channel=cap.channel)

    def _pairs(self) -> Iterator[str]:
        for first, second in self.never_together:
            yield self.words("pair", first=f"`{first}`", second=f"`{second}`")

    def _quiet_hours(self) -> str:
        quiet = self.ruleset.programme.quiet_hours
        return self.words("from_to", begin=_time(quiet.begin), end=_time(quiet.end)) if quiet else self.words("none")

    def _history(self) -> str:
        days = self.ruleset.programme.history
        return self.words("for_ever") if days is None else self.words("history_is", days=self.words.days(days))

    def _features(self) -> Section:
        words = self.words
        chinese = (words("chinese"),) if self.both else ()
        columns = (words("feature"), *chinese, words("name"), words("measured"), words("window"), words("unit"))
        rows: list[Row] = [
            (
                words.title(one.title),
                *((plain(one.title.zh),) if self.both else ()),
                f"`{one.name}`",
                measured(words, self.ruleset, one),
                window(words, one),
                unit(words, self.ruleset, one),
            )
            for one in self.ruleset.features
        ]
        return Section(words("features"), 2, [], columns, rows, whole=columns.index(words("name")))

    def _rating(self, rating: Rating) -> Section:
        words = self.words
        order = [words("ordered" if rating.better == "higher" else "ordered_lower")] if rating.ordered else []
        said = [*order, *stability(words, rating).split("\n")]
        rows = [row for level in rating.levels for row in self._level(rating, level)]
        columns = (words("level"), words("when"), words("line"), words("about"))
        return Section(f"{self.title(rating.title)} (`{rating.name}`)", 3, said, columns, rows, whole=2, grouped=True)

    def _level(self, rating: Rating, level: str) -> Iterator[Row]:
        """The lines of a level. Only the first row has the level's name."""
        trees = [("reached", rating.qualify.get(level)), ("kept", rating.retain.get(level))]
        rows = [row for name, tree in trees if tree for row in self._lines(name, tree)]
        if not rows:
            rows = [("", self.words("otherwise"), "")]
        for number, row in enumerate(rows):
            yield "" if number else self._level_name(rating, level), *row

    def _level_name(self, rating: Rating, level: str) -> str:
        """A level's name in rules, with its title if it has one."""
        title = rating.level_titles.get(level)
        return f"`{level}` {self.title(title)}" if title else f"`{level}`"

    def _lines(self, name: str, tree: Condition) -> Iterator[Row]:
        for number, row in enumerate(lines(self.words, self.ruleset, tree)):
            yield "" if number else opening(self.words, name, tree), *row

    def _care_at_a_glance(self) -> Section:
        words = self.words
        names = ("rule", "who", "within", "priority")
        rows: list[Row] = [
            (
                words.title(care.title),
                care.do.owner,
                words("within_days", days=words.days(care.do.within)),
                words(care.do.priority),
            )
            for care in self.ruleset.care_in_order
        ]
        return Section(words("care"), 2, [words("in_order")], tuple(words(name) for name in names), rows)

    def _care(self, care: Care) -> Section:
        words, do = self.words, care.do
        rows: list[Row] = [
            *self._lines("due", care.when),
            (words("action"), f"`{do.action}`", ""),
            (words("who"), do.owner, ""),
            (words("within"), words("within_days", days=words.days(do.within)), ""),
            (words("channel"), channel(words, care), ""),
            (words("priority"), words(do.priority), ""),
            *([(words("cost"), self._cost(do.cost), "")] if do.cost is not None else []),
            (words("repeat"), words("repeat_after", days=words.days(care.repeat_after)), ""),
            (words("holdout"), self._holdout(care), ""),
            *([self._success(care.success)] if care.success else []),
        ]
        columns = (words("part"), words("line"), words("about"))
        return Section(f"{self.title(care.title)} (`{care.name}`)", 3, [], columns, rows)

    def _cost(self, cost: int) -> str:
        shared = self.ruleset.programme
        return self.words("cost_is", amount=from_minor(cost, shared.minor_digits), currency=shared.currency)

    def _holdout(self, care: Care) -> str:
        share = f"{care.holdout * 100 / TEN_THOUSAND:g}%"
        return self.words("holdout_share", share=share) if care.holdout else self.words("none")

    def _success(self, success: Success) -> Row:
        least = display(self.ruleset, success.feature, success.at_least)
        said = self.words("success_is", line=f"{success.feature} >= {least}", days=self.words.days(success.after))
        return self.words("success"), said, about(self.words, self.ruleset, success.feature)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
