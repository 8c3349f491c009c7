"""Help and the completion of a shell are there at once: a command imports its work when it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer
from standing.cli.app import app
from standing.cli.help import TYPER, asked_language, described, with_subcommands
from standing.values.catalogue import translated
from typer import rich_utils
from typer.testing import CliRunner, Result

from tests.make.chinese import english_sentences

HEAVY = ("boto3", "botocore", "durable_rules_engine", "numpy", "orjson", "plotly", "polars", "ruamel", "z3")
OURS = (*HEAVY, "standing.rules.ruleset")  # our models need pydantic; typer uses it, too, once a command has options
TELL = f"""
import sys
from standing.cli.app import main
sys.argv[0] = "standing"
try:
    main()
finally:
    print([name for name in {(*OURS, "pydantic")} if name in sys.modules], file=sys.stderr)
"""
ALL = f"""
import contextlib, io, sys
from standing.cli.app import main
for words in sys.argv.pop().split(","):
    sys.argv[1:] = [*words.split(), "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
    if found := [name for name in {OURS} if name in sys.modules]:
        sys.exit(f"{{words}}: {{found}}")
"""


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        yield from commands(command, *path, name) if hasattr(command, "commands") else ()


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on a wide terminal; typer's words are English again afterwards."""
    for name in ("highlighter", *TYPER.texts):
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("STANDING_LANG", "")
    return lambda *words, **environment: CliRunner().invoke(app, words, env=environment)


def started(*words: str, program: str = TELL, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_help_imports_nothing_that_the_commands_work_with() -> None:
    said = started("--help")
    assert said.stderr == "[]\n"
    assert "explain" in said.stdout


def test_nor_does_the_help_of_any_command() -> None:
    said = started(",".join(" ".join(words) for words in COMMANDS), program=ALL)
    assert (said.returncode, said.stderr) == (0, "")


def test_nor_does_a_shell_that_completes_a_command() -> None:
    said = started(_STANDING_COMPLETE="complete_bash", COMP_WORDS="standing rules sn", COMP_CWORD="2")
    assert said.stdout.split() == ["snapshot"]
    assert not any(name in said.stderr for name in OURS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*words, "--help"])
    assert said.exit_code == 0
    assert f"{' '.join(words)} [OPTIONS]" in said.output


def test_commands_of_the_rules_are_in_the_order_of_their_use() -> None:
    said = [words[1] for words in COMMANDS if words[0] == "rules" and len(words) == 2]
    assert said[:9] == ["build", "check", "test", "fmt", "schema", "show", "impact", "snapshot", "comment"]


def test_the_nearest_command_is_named() -> None:
    assert "did you mean `check`" in CliRunner().invoke(app, ["rules", "chek"]).output


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_the_help_of_every_command_is_chinese_where_that_is_the_language(
    words: tuple[str, ...], run: Callable[..., Result]
) -> None:
    said = run(*words, "--help", STANDING_LANG="zh")
    usage, rest = said.output.strip().split("\n", 1)
    assert (said.exit_code, usage[:3]) == (0, "用法：")
    assert "─ 选项 ─" in rest
    assert "显示此帮助并退出" in rest
    assert english_sentences(rest) == []


def test_a_text_without_chinese_is_found() -> None:
    assert english_sentences("写入 `a b c d`，见 --out the file。Show this message\n and exit.") == [
        "Show this message and exit"
    ]


def test_every_text_of_the_help_is_translated_whole() -> None:
    texts = {part.help for command in with_subcommands(typer.main.get_command(app)) for part in described(command)}
    same = [text for text in texts if translated(text, "zh").count("\n\n") != text.count("\n\n")]
    assert (same, len(texts) > 100) == ([], True)


def test_nothing_is_cut_off_where_a_chinese_text_has_no_space(run: Callable[..., Result]) -> None:
    said = run("list", "--help", STANDING_LANG="zh", COLUMNS="80").output.replace("NAME,…", "")
    assert "…" not in said
    assert "写成电子表格可打开的 CSV。" in said


def test_the_language_may_stand_before_and_behind_the_command(run: Callable[..., Result]) -> None:
    before, behind = run("--lang", "zh", "lake", "gaps", "--help"), run("lake", "gaps", "--help", "--lang=zh")
    assert before.output == behind.output
    assert "数据不完整的客户" in behind.output
    assert "用法：" in run("rules", "chek", STANDING_LANG="zh").output
    assert "─ 错误 ─" in run("rules", "chek", STANDING_LANG="zh").output


@pytest.mark.parametrize(
    ("words", "default", "expected"),
    [
        ("send f", "", ("en", ["send", "f"])),
        ("send f", "zh", ("zh", ["send", "f"])),
        ("--lang en send f", "zh", ("en", ["send", "f"])),
        ("send --lang=zh f", "", ("zh", ["send", "f"])),
        ("send --lang", "zh", ("en", ["send"])),
        ("send --lang fr", "zh", ("en", ["send"])),
    ],
)
def test_the_language_is_known_before_the_options_are(
    words: str, default: str, expected: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANDING_LANG", default)
    assert asked_language(words.split()) == expected


def test_english_help_is_as_it_stands_in_the_code_and_as_typer_says_it(run: Callable[..., Result]) -> None:
    said = run("rules", "check", "--help").output
    assert said == run("rules", "check", "--help", "--lang", "en").output
    assert {name: getattr(rich_utils, name) for name in TYPER.texts} == TYPER.texts
    assert "Usage: root rules check [OPTIONS]" in said
    assert "Show the accepted findings as well, with their reasons." in said
    assert "Show this message and exit." in said
