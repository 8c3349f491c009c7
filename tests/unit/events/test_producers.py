"""Who may send what: the rules name producers, and whatever comes from others is rejected with what was expected."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.engine.state import LevelState
from standing.events import Override
from standing.events.intake import Event, Rejected, read_event, read_stored, take_in
from standing.events.producers import NAMEABLE, NIGHT_SOURCE, OUR_SOURCE, TYPES
from standing.present.rules.pages import in_plain_text
from standing.rules.author.compiler import compile_folder, compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.author.scenario.events import build_event
from standing.rules.ruleset import Programme, Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_number

from tests.make.strategies import CLUB, Customer
from tests.make.support import ROOT, naming, real_ruleset
from tests.unit.events.test_events import SAMPLES
from tests.unit.rules.test_rulebook import PROGRAMME, WRITTEN

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BARE = CLUB.model_copy(update={"programme": CLUB.programme.model_copy(update={"activities": ("deposit",)})})
NAMED = naming(BARE, shop=("purchase", "refund"), desk=("care", "feedback", "override"), crm=("feedback", "profile"))
SOURCES = ("shop", "desk", "crm", "elsewhere", NIGHT_SOURCE, OUR_SOURCE)


def envelope(source: str, family: str, **change: Any) -> dict[str, Any]:
    return {"source": source, "detail-type": f"{family}.v1", "detail": {**SAMPLES[f"{family}.v1"], **change}}


def refused(source: str, family: str, ruleset: Ruleset, **change: Any) -> tuple[str, str, str]:
    with pytest.raises(Rejected) as caught:
        take_in(envelope(source, family, **change), ruleset, NOW)
    return caught.value.reason, caught.value.field, caught.value.expected


def is_taken(source: str, family: str, ruleset: Ruleset) -> bool:
    try:
        return isinstance(take_in(envelope(source, family), ruleset, NOW), Event)
    except Rejected:
        return False


# A programme that names producers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("family", TYPES)
@pytest.mark.parametrize("source", SOURCES)
def test_each_may_send_what_the_programme_names_and_nothing_else(source: str, family: str) -> None:
    named = {*NAMED.programme.producers.get(source, ()), *(["score"] if source == NIGHT_SOURCE else [])}
    assert is_taken(source, family, NAMED) == (family in named)


def test_a_producer_hears_what_it_may_send() -> None:
    assert refused("shop", "override", NAMED) == (
        "not-allowed",
        "detail-type",
        "what this source may send: purchase, refund",
    )


def test_a_stranger_hears_who_may_send_it() -> None:
    said = "a source that programme.yaml names for feedback under `producers`: crm, desk"
    assert refused("elsewhere", "feedback", NAMED) == ("not-allowed", "source", said)
    said = "a source that programme.yaml names for engagement under `producers`: there is none"
    assert refused("elsewhere", "engagement", NAMED) == ("not-allowed", "source", said)


# A programme that names none --------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", TYPES)
def test_where_none_is_named_anybody_sends_what_sets_nothing(family: str) -> None:
    assert is_taken("elsewhere", family, BARE) == (family not in {"override", "care", "score"})


@pytest.mark.parametrize("family", ["override", "care"])
def test_where_none_is_named_nobody_sets_a_level_or_answers_care(family: str) -> None:
    said = f"a source that programme.yaml names for {family} under `producers`: there is none"
    assert refused("elsewhere", family, BARE) == ("not-allowed", "source", said)


# What is ours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ruleset", [BARE, NAMED])
@pytest.mark.parametrize("family", TYPES)
def test_no_event_comes_under_the_name_of_what_we_say(family: str, ruleset: Ruleset) -> None:
    said = f"the system that emits the event; `{OUR_SOURCE}` is our own"
    assert refused(OUR_SOURCE, family, ruleset) == ("not-allowed", "source", said)


@pytest.mark.parametrize("kind", ["rating.changed.v1", "care.requested.v1"])
def test_an_outcome_that_somebody_forged_is_rejected(kind: str) -> None:
    with pytest.raises(Rejected, match=r"^not-allowed: source: "):
        take_in({"source": OUR_SOURCE, "detail-type": kind, "detail": {}}, NAMED, NOW)


@pytest.mark.parametrize("ruleset", [BARE, NAMED])
def test_a_score_comes_from_the_night_alone(ruleset: Ruleset) -> None:
    assert is_taken(NIGHT_SOURCE, "score", ruleset)
    said = f"`{NIGHT_SOURCE}`: only the night may send scores"
    assert refused("elsewhere", "score", ruleset) == ("not-allowed", "source", said)
    assert not is_taken("shop", "score", ruleset)


@pytest.mark.parametrize("ruleset", [BARE, NAMED])
def test_the_night_says_nothing_but_scores(ruleset: Ruleset) -> None:
    assert refused(NIGHT_SOURCE, "purchase", ruleset) == (
        "not-allowed",
        "detail-type",
        "what this source may send: score",
    )


def test_even_rules_that_name_somebody_for_scores_give_nobody_leave() -> None:
    """The rulebook refuses to compile this; what decides does not rely on that."""
    assert not is_taken("elsewhere", "score", BARE)
    assert not is_taken(NIGHT_SOURCE, "purchase", naming(BARE, scores=("purchase",)))


families = st.lists(st.sampled_from(NAMEABLE), min_size=1, unique=True).map(tuple)


@given(st.dictionaries(st.sampled_from(SOURCES[:4]), families), st.sampled_from(SOURCES), st.sampled_from(TYPES))
def test_naming_one_more_producer_never_gives_another_more(
    producers: dict[str, tuple[str, ...]], source: str, family: str
) -> None:
    before = naming(BARE, **producers) if producers else BARE
    after = naming(BARE, **producers, newcomer=NAMEABLE)
    assert is_taken("newcomer", family, after) == (family != "score")
    if producers:
        assert is_taken(source, family, after) == is_taken(source, family, before)
    else:
        assert is_taken(source, family, after) <= is_taken(source, family, before)


# Stories ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ruleset", [BARE, NAMED])
def test_a_story_says_what_happens_and_nobody_sends_it(ruleset: Ruleset) -> None:
    day = day_number(NOW.date())
    fields = {"rating": "tier", "level": "gold", "reason": "goodwill", "expires": str(day_date(day + 9))}
    assert isinstance(build_event(ruleset, "override", fields, day, 1).detail, Override)


# What is stored stays ---------------------------------------------------------------------------------------------


def test_what_was_taken_in_before_is_folded_as_it_was() -> None:
    """Rules that name producers, or a shorter term, reject nothing that is stored."""
    sent = [envelope("elsewhere", "purchase"), envelope("elsewhere", "override"), envelope("elsewhere", "score")]
    real = real_ruleset()
    changes: tuple[dict[str, Any], ...] = ({"producers": {}}, {"longest_override": 1})
    before, after = (_delivered(real, [read_event(one, real, NOW) for one in sent], change) for change in changes)
    assert after == before
    assert after["tier"].level == "gold"


def _delivered(real: Ruleset, events: list[Event], change: dict[str, Any]) -> dict[str, LevelState]:
    """The levels that show, by the real rules with a changed programme."""
    rules = real.model_copy(update={"programme": real.programme.model_copy(update=change)})
    customer = Customer(Timeline.of(rules))
    for event in events:
        customer.deliver(event)
    return customer.standing.closed.all_shown()


def test_an_override_of_a_longer_term_that_is_stored_is_read() -> None:
    detail = read_stored("override.v1", SAMPLES["override.v1"] | {"expires": "2199-12-31"})
    assert isinstance(detail, Override)
    assert str(detail.expires) == "2199-12-31"


# The longest term of an override ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("longest", "last"), [(731, 731), (731, 732), (30, 30), (30, 31), (1, 1), (1, 2)])
def test_an_override_shows_for_no_longer_than_the_programme_says(longest: int, last: int) -> None:
    rules = NAMED.model_copy(update={"programme": NAMED.programme.model_copy(update={"longest_override": longest})})
    day = day_number(datetime.fromisoformat(SAMPLES["override.v1"]["time"]).date())
    expires = str(day_date(day + last))
    if last <= longest:
        taken = take_in(envelope("desk", "override", expires=expires), rules, NOW)
        assert isinstance(taken.detail, Override)
    else:
        said = f"a day at most {longest} days after the event's own"
        assert refused("desk", "override", rules, expires=expires) == ("too-long", "detail.expires", said)


def test_left_out_the_longest_term_reaches_to_the_end_of_the_next_year() -> None:
    assert Programme.model_fields["longest_override"].default == timedelta(days=731).days


# The rulebook -----------------------------------------------------------------------------------------------------


def written(folder: Path, more: str) -> Path:
    for name, text in WRITTEN.items():
        path = folder / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + (more if name == PROGRAMME else ""), encoding="utf-8")
    return folder / "rules"


def test_producers_and_the_longest_term_are_compiled(tmp_path: Path) -> None:
    more = "producers:\n  shop.web: [refund, purchase]\n  desk: [override]\noverrides: {longest: 30d}\n"
    programme = compile_rules(written(tmp_path, more)).programme
    assert programme.producers == {"desk": ("override",), "shop.web": ("purchase", "refund")}
    assert programme.longest_override == 30


def test_rules_that_say_nothing_of_either_keep_their_version_and_their_order_is_free(tmp_path: Path) -> None:
    bare = compile_rules(written(tmp_path, ""))
    assert compile_rules(written(tmp_path, "overrides: {longest: 731d}\n")).version == bare.version
    assert "producers" not in bare.model_dump_json(exclude_defaults=True)
    one = compile_rules(written(tmp_path, "producers: {a: [refund, purchase], b: [care]}\n"))
    other = compile_rules(written(tmp_path, "producers: {b: [care], a: [purchase, refund]}\n"))
    assert one.version == other.version != bare.version


@pytest.mark.parametrize(
    ("more", "line", "said"),
    [
        ("producers:\n  shop: [purchse]\n", 6, "`purchse` is no kind of event: did you mean `purchase`?"),
        (
            "producers:\n  shop:\n    - purchase\n    - xyz\n",
            8,
            "`xyz` is no kind of event: one of activity, care, eng",
        ),
        ("producers:\n  shop: [purchase.v1]\n", 6, "is one version of an event: write `purchase`"),
        ("producers:\n  shop: [refund]\n  desk: [care, care]\n", 7, "`care` is there twice"),
        ("producers:\n  shop: [score]\n", 6, "`score` comes from the night alone: leave it out"),
        ("producers:\n  shop: [score.v1]\n", 6, "`score.v1` comes from the night alone: leave it out"),
        (
            "producers:\n  shop: [refund]\n  standing: [purchase]\n",
            7,
            "`standing` is the source of what Standing itself",
        ),
        ("producers:\n  scores: [purchase]\n", 6, "`scores` is the source of the night's scores, and needs no name"),
        ("producers:\n  shop web: [purchase]\n", 6, "`shop web` is no source: it has 1 to 128 letters"),
        ("producers:\n  shop: []\n", 6, "has too few: at least 1"),
        ("producers: {}\n", 5, "has too few: at least 1"),
        ("producers: [shop]\n", 5, "should be a block of `name: value` lines"),
        ("overrides: {longest: 30}\n", 5, "a number of days such as 90d"),
        ("overrides: {longest: 0d}\n", 5, "a number of days such as 90d"),
        ("overrides: {longst: 30d}\n", 5, "did you mean `longest`?"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_way_out(tmp_path: Path, more: str, line: int, said: str) -> None:
    with pytest.raises(RulesError) as caught:
        compile_rules(written(tmp_path, more))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("rules/programme.yaml", line)
    assert said in problem.message


@pytest.mark.parametrize(
    ("more", "english", "chinese"),
    [
        ("", "but nobody may set a level by hand or answer care", "但无人可人工设定等级或回应关怀"),
        ("producers: {desk: [override, care]}\n", "desk: care, override", "desk：care、override"),
        ("overrides: {longest: 30d}\n", "show for 30 days at most", "最长显示 30 天"),
    ],
)
def test_people_read_who_may_send_what(tmp_path: Path, more: str, english: str, chinese: str) -> None:
    compiled = compile_folder(written(tmp_path, more))
    assert english in in_plain_text(compiled, "en")
    assert chinese in in_plain_text(compiled, "zh")


# The samples ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "events").glob("*.json")), ids=lambda path: path.stem)
def test_the_rules_of_this_clone_name_the_producers_of_its_samples(path: Path) -> None:
    found = json.loads(path.read_text())
    if found["detail-type"] == "activity.v1":  # of a bank; these rules name no activities
        return
    assert isinstance(take_in(found, real_ruleset(), datetime(2027, 1, 1, tzinfo=UTC)), Event)
