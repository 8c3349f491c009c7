"""Rule files that are wrong in every way we could think of: each command names the place, without a traceback."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from standing.cli import app

from tests.unit.rules.test_check import CORRECT

STORY = """\
- scenario: one
  title: {en: One, zh: 一}
  story:
    - on: 2026-01-05
      purchase: {amount: 900.00}
      expect: {tier: silver}
"""
FILES = CORRECT | {"scenarios/one.yaml": STORY}
TIER, CARE, FEATURES, SCENARIO = "ratings/tier.yaml", "care/service.yaml", "features.yaml", "scenarios/one.yaml"
READ = ("build", "check", "test", "fmt", "show", "impact", "comment")
MORE = {"impact": ("--base", "HEAD"), "comment": ("--base", "HEAD", "--out", "OUT"), "fmt": ("--check",)}
STORY_COMMANDS = ("test", "fmt", "comment")
BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"

type Change = Callable[[bytes], bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "rules"


class Answer(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    said: str


@pytest.fixture
def standing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """The command line as people call it, with the errors that it answers."""

    def run(command: str, *more: str) -> Answer:
        out = folder.parent / "comment.md"
        options = [str(out) if word == "OUT" else word for word in (*MORE.get(command, ()), *more)]
        monkeypatch.setattr(sys, "argv", ["standing", "rules", command, "--rules", str(folder), *options])
        with pytest.raises(SystemExit) as ended:
            app.main()
        captured = capsys.readouterr()
        comment = out.read_text(encoding="utf-8") if command == "comment" and out.exists() else ""
        return Answer(int(ended.value.code or 0), captured.out + captured.err + comment)

    return run


def instead(content: bytes) -> Change:
    return lambda _: content


def put(old: bytes, new: bytes) -> Change:
    def change(text: bytes) -> bytes:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


WHOLE: dict[str, tuple[Change, str]] = {
    "empty": (instead(b""), "is empty"),
    "nothing but a comment": (instead(b"# nothing\n"), "is empty"),
    "not YAML": (instead(b"a: [1, 2\nb: }\n"), "is not YAML"),
    "a quote that does not end": (put(b"en: ", b'en: "'), "is not YAML"),
    "an alias that explodes": (instead(BOMB), "has a YAML anchor"),
    "an anchor": (put(b"title: ", b"title: &t "), "has a YAML anchor"),
    "a merge key": (lambda text: b"<<: {title: x}\n" + text, ""),
    "ten megabytes": (instead(b"# " + b"x" * 10_000_000), "is over 1,000,000 characters: split it"),
    "a NUL byte": (put(b"title", b"ti\0tle"), "has a control character"),
    "a bell": (put(b"title", b"ti\x07tle"), "has a control character"),
    "UTF-16": (lambda text: text.decode().encode("utf-16"), "is not UTF-8 text: save the file as UTF-8"),
    "Latin 1": (put(b"title", b"titl\xe9"), "is not UTF-8 text"),
    "half a surrogate": (put(b"title: {en: ", b"title: {en: \xed\xa0\x80"), "is not UTF-8 text"),
    "brackets without end": (instead(b"a: " + b"[" * 5_000), "is nested too deep"),
    "blocks without end": (instead(b"\n".join(b" " * n + b"a:" for n in range(300))), "is nested too deep"),
    "two documents": (lambda text: text + b"\n---\n" + text, "begins a second document"),
    "numbers where blocks belong": (instead(b"- 1\n- 2\n"), "a block of `name: value` lines"),
    "nothing but a text": (instead(b"hello\n"), "should be a "),
    "nothing but null": (instead(b"~\n"), "should be a "),
    "a tag": (put(b"title: ", b"title: !!python/object:os.system "), "has a YAML tag"),
    "another YAML": (lambda text: b"%YAML 9.9\n---\n" + text, "is not YAML"),
    "yes where a block belongs": (put(b"title: {", b"title: yes # {"), "`name: value` lines"),
    "a tab": (put(b"title: ", b"title:\n\t\t"), "has a tab: indent with spaces"),
}


@pytest.mark.parametrize("file", [TIER, CARE, FEATURES, SCENARIO, "programme.yaml"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_is_no_rule_file_is_answered_with_its_place(
    folder: Path, standing: Callable[..., Answer], name: str, file: str
) -> None:
    change, said = WHOLE[name]
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    for command in STORY_COMMANDS if file == SCENARIO else READ if file == TIER else ("check", "fmt"):
        told = _refused(standing(command), file)
        assert said in told or "a story is a block" in told or "is missing" in told, (command, told)


def _refused(answer: Answer, file: str) -> str:
    """What was said of a file; it must be said with its line, and nothing may be a traceback."""
    assert answer.code == 1, answer
    assert "Traceback" not in answer.said
    assert re.search(rf"rules/{re.escape(file)}:[0-9]+(:[0-9]+)?:`? ", answer.said), answer.said
    return answer.said


WORDS: dict[str, tuple[str, Change, int, str]] = {
    "a key twice": (TIER, put(b"levels:", b"rating: x\nlevels:"), 3, "`rating` is there already, on line 1"),
    "an unknown word": (TIER, put(b"levels:", b"lewels:"), 3, "`lewels` is not a word that belongs here: did you mean"),
    "a word of Latin letters beyond ASCII": (TIER, put(b"levels:", "lévels:".encode()), 3, "did you mean `levels`?"),
    "a name beyond ASCII": (TIER, put(b"rating: tier", "rating: 等级".encode()), 1, "a name has small letters"),
    "yes for true": (TIER, put(b"levels:", b"ordered: yes\nlevels:"), 3, "`ordered` should be true or false"),
    "on for a title": (TIER, put(b"en: Tier", b"en: [on]"), 2, "`title.en` should be a text"),
    "a level that does not exist": (CARE, put(b"tier >= gold", b"tier >= golden"), 5, "is not one of its levels"),
    "a feature that does not exist": (CARE, put(b"orders_90d", b"order_90d"), 6, "did you mean `orders_90d`?"),
    "by size of words": (CARE, put(b"stage == active", b"stage >= active"), 7, "the levels of `stage` have none"),
    "a date as a number": (CARE, put(b"orders_90d >= 1", b"orders_90d >= 2026-01-01"), 6, "is not a number such as 3"),
    "a number out of range": (
        CARE,
        put(b"90d >= 1", b"90d >= 99999999999999999999"),
        6,
        "too large to compare exactly",
    ),
    "half a cent": (TIER, put(b"800.00", b"800.005"), 7, "too many decimals for an amount of money"),
    "infinity": (CARE, put(b"orders_90d >= 1", b"orders_90d >= .inf"), 6, "`.inf` is not a number"),
    "a number with an exponent": (CARE, put(b"orders_90d >= 1", b"orders_90d >= 1e3"), 6, "`1e3` is not a number"),
    "a rule twice": (CARE, lambda text: text + text, 10, "`greet` is the name of another care rule"),
    "a null key": (TIER, lambda text: text + b"~: 1\n", 17, "`~` is not a word that belongs here"),
    "a list for a key": (TIER, lambda text: text + b"? [a, b]\n: 1\n", 17, "has a block where a name belongs"),
    "a level that nobody has": (
        SCENARIO,
        put(b"tier: silver", b"tier: golden"),
        6,
        "`golden` is not a level of `tier`",
    ),
    "a day that is none": (SCENARIO, put(b"01-05", b"02-30"), 4, "2026-02-30 is not in the calendar"),
    "a word of no step": (SCENARIO, put(b"expect:", b"expct:"), 6, "did you mean `expect`?"),
    "an amount that is none": (SCENARIO, put(b"900.00", b"much"), 5, "`purchase.amount`: expected a decimal number"),
    "a story twice": (SCENARIO, lambda text: text + text, 7, "`one` is the name of another story"),
}


@pytest.mark.parametrize("name", WORDS)
def test_what_is_wrong_within_a_file_is_answered_with_its_line(
    folder: Path, standing: Callable[..., Answer], name: str
) -> None:
    file, change, line, said = WORDS[name]
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    for command in STORY_COMMANDS if file == SCENARIO else READ:
        told = _refused(standing(command), file)
        assert re.search(rf"rules/{re.escape(file)}:{line}(:[0-9]+)?:`? ", told), told
        bare = told.replace("`", "")  # a comment on a pull request may have the whole of a line as code
        assert said.replace("`", "") in " ".join(bare.split()), told


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nothing")


def _link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize("file", [TIER, SCENARIO])
@pytest.mark.parametrize("spoil", [_folder, _link_to_nothing, _link_to_itself], ids=lambda spoil: spoil.__name__)
def test_a_file_that_cannot_be_opened_is_answered(
    folder: Path, standing: Callable[..., Answer], spoil: Callable[[Path], None], file: str
) -> None:
    spoil(folder / file)
    for command in STORY_COMMANDS if file == SCENARIO else READ:
        assert re.search("cannot be read|is missing", _refused(standing(command), file))


@pytest.mark.parametrize("name", ["ratings/credit.yml", "rating/credit.yaml", "credit.yaml", "care/old/old.yaml"])
def test_a_file_that_nothing_reads_is_not_passed_over(folder: Path, standing: Callable[..., Answer], name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("rating: credit\n")
    for command in READ:
        assert "is not read: rules are in programme.yaml, features.yaml" in _refused(standing(command), name)


def test_a_folder_that_is_not_there_says_what_is_missing(folder: Path, standing: Callable[..., Answer]) -> None:
    folder.rename(folder.parent / "elsewhere")
    for command in READ:
        assert "is missing: every programme has this file" in _refused(standing(command), "programme.yaml")


@pytest.mark.parametrize(("command", "option"), [("show", "--out"), ("comment", "--out"), ("impact", "--population")])
def test_a_place_that_cannot_be_written_or_read_is_named(
    folder: Path, standing: Callable[..., Answer], command: str, option: str
) -> None:
    answer = standing(command, option, str(folder))
    assert answer.code == 1
    assert "Traceback" not in answer.said
    assert str(folder) in answer.said


@pytest.mark.parametrize("change", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
@pytest.mark.parametrize("file", [TIER, SCENARIO])
def test_windows_line_ends_and_a_mark_of_byte_order_are_no_mistake(
    folder: Path, standing: Callable[..., Answer], change: Change, file: str
) -> None:
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    for command in ("check", "test", "show"):
        assert standing(command).code == 0


def test_a_thousand_rules_are_read_and_the_wrong_one_among_them_is_found(
    folder: Path, standing: Callable[..., Answer]
) -> None:
    many = "\n".join(FILES[CARE].replace("care: greet", f"care: greet-{number}") for number in range(1_000))
    (folder / CARE).write_text(many.replace("tier >= gold", "tier >= golden", 1), encoding="utf-8")
    assert f"rules/{CARE}:5:17: " in _refused(standing("show"), CARE)
    (folder / CARE).write_text(many, encoding="utf-8")
    assert standing("show").code == 0
