"""What was typed wrong is told in the reader's language: each kind of mistake that typer knows, in words of ours."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

import pytest
from standing.cli import app
from standing.cli.help import TYPER
from standing.cli.mistakes import OF_KINDS
from standing.values.messages import Message
from typer import rich_utils
from typer._click import exceptions

from tests.make.chinese import english_sentences

MISTAKES = {  # what is typed → what is said
    "--nope": "no such option: `--nope`",
    "list --jsn": "no such option: `--jsn`; did you mean `--csv`, `--json` or `--since`?",
    "list -z": "no such option: `-z`",
    "elsewhere": "no such command: `elsewhere`",
    "rules chek": "no such command: `chek`; did you mean `check` or `schema`?",
    "list --limit": "the option `--limit` needs a value",
    "send --json=1 f": "the option `--json` takes no value",
    "show": "the argument `customer` is missing",
    "init d": "the option `--trade` is missing: write `bank`, `insurer`, `shop` or `retail`",
    "init": "the argument `DIR` is missing",
    "scores fit f": "the option `--as-of` is missing",
    "show a b c": "more than is expected: `b c`",
    "list --limit x": "`--limit`: `x` is not a whole number",
    "list --limit -1": "`--limit`: `-1` is below 0",
    "trend tier --nights 999": "`--nights`: `999` is above 366",
    "list --as-of 2026-13-01": "`--as-of`: `2026-13-01` is not a date such as 2026-03-01",
    "init d --trade baker": "`--trade`: `baker` is none of `bank`, `insurer`, `shop` or `retail`",
    "show \x1b[31m \x1b[0m": r"more than is expected: `\x1b[0m`",
}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str, str], str]:
    """What `standing` says of a mistake, on one line."""
    for name in ("highlighter", *TYPER.texts):  # which a command may put into another language
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))
    monkeypatch.setenv("COLUMNS", "200")

    def mistake(words: str, language: str) -> str:
        monkeypatch.setenv("STANDING_LANG", language)
        monkeypatch.setattr(sys, "argv", ["standing", *shlex.split(words)])
        with pytest.raises(SystemExit) as ended:
            app.main()
        assert ended.value.code == 2
        return capsys.readouterr().err

    return mistake


@pytest.mark.parametrize(("words", "expected"), MISTAKES.items(), ids=MISTAKES)
def test_a_mistake_is_told_in_words_of_ours(words: str, expected: str, said: Callable[[str, str], str]) -> None:
    assert expected in said(words, "en")


@pytest.mark.parametrize("words", MISTAKES)
def test_a_chinese_mistake_has_no_english(words: str, said: Callable[[str, str], str]) -> None:
    lines = said(words, "zh").splitlines()
    rest = "\n".join(line for line in lines if not line.startswith("用法："))  # it has the program's own path
    assert "─ 错误 ─" in rest
    assert english_sentences(rest) == []


def test_a_bad_variable_is_named(said: Callable[[str, str], str]) -> None:
    expected = "`--lang`, or the variable STANDING_LANG: `fr` is none of `en` or `zh`"
    assert expected in said("list", "fr")


def test_every_kind_of_mistake_that_typer_knows_has_words() -> None:
    kinds = {one.__name__ for one in vars(exceptions).values() if isinstance(one, type)}
    usage = {one for one in kinds if issubclass(getattr(exceptions, one), exceptions.UsageError)}
    assert usage - set(OF_KINDS) == {"NoArgsIsHelpError", "BadArgumentUsage"}  # help, and arguments of a fixed number


def test_the_mistakes_above_are_of_every_kind(said: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set[str]()
    for kind in OF_KINDS:
        monkeypatch.setitem(OF_KINDS, kind, _noted(OF_KINDS[kind], seen))
    for words in MISTAKES:
        said(words, "en")
    assert seen == set(OF_KINDS)


def _noted(words: Callable[[Any], Message], seen: set[str]) -> Callable[[Any], Message]:
    def noting(error: Any) -> Message:
        seen.add(type(error).__name__)
        return words(error)

    return noting
