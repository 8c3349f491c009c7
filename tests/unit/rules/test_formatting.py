"""Formatting rule files: one form however they were written, comments kept, and never another meaning."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter
from standing.cli.app import app
from standing.rules.author import formatter
from standing.rules.author.compiler import compile_rules
from standing.rules.author.files import KINDS, rule_files
from standing.rules.author.formatter import WIDTH, format_rules, format_text, write
from standing.rules.author.layout import Layout
from standing.rules.author.problems import RulesError
from standing.rules.author.reader import parse
from typer.testing import CliRunner

from tests.make.support import ROOT

RULES = ROOT / "rules"
KIND = {kind.name: kind for kind in KINDS}
FILES = [(kind.name, path.relative_to(RULES).as_posix()) for kind, path in rule_files(RULES) if not kind.as_written]
TEXTS = {name: (RULES / name).read_text(encoding="utf-8") for _, name in FILES}
MODELINE = "# yaml-language-server: $schema=somewhere"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The rules of this clone, to be changed."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


# The same rules, written otherwise ---------------------------------------------------------------------------------


def _dump(data: Any, quotes: str | None, *, flow: bool | None, width: int, indent: int) -> str:
    """Data in another style of YAML: in braces, in quotes, in short lines, indented otherwise."""

    class Representer(SafeRepresenter):
        pass

    Representer.add_representer(str, lambda self, text: self.represent_scalar("tag:yaml.org,2002:str", text, quotes))
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Representer = Representer
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = flow, width, True
    yaml.sort_base_mapping_type_on_output = False
    yaml.indent(mapping=indent, sequence=indent + 2, offset=indent)
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def _stretch(text: str) -> str:
    """Twice the indentation, with further blank lines and the line ends of Windows."""
    lines = [re.sub(r"^( *)(- )?", lambda m: m[1] * 2 + ("-   " if m[2] else ""), line) for line in text.split("\n")]
    return "\r\n".join(lines).replace("\r\n\r\n", "\r\n\r\n\r\n")


def _remark(text: str, remarks: list[tuple[float, int]]) -> tuple[str, list[str]]:
    """Comments put in wherever YAML takes them for comments: at the end of a line, or between lines, at any indent."""
    said, data = text, parse(text, "").data
    put: list[str] = []
    for number, (part, indent) in enumerate(remarks):
        lines, comment = said.split("\n"), f"# remark {number}"
        place = int(part * len(lines))
        if indent < 0:
            lines[place] += " " + comment
        else:
            lines.insert(place, " " * indent + comment)
        if _reads("\n".join(lines), data):
            said, put = "\n".join(lines), [*put, comment]
    return said, put


def _reads(text: str, data: Any) -> bool:
    try:
        return bool(parse(text, "").data == data)
    except RulesError:
        return False


styles = st.fixed_dictionaries(
    {
        "quotes": st.sampled_from([None, '"', "'", ">"]),
        "flow": st.sampled_from([None, True, False]),
        "width": st.sampled_from([20, 60, 4096]),
        "indent": st.sampled_from([1, 2, 5]),
    }
)
remarks = st.lists(st.tuples(st.floats(0, 0.999), st.integers(-1, 12)), max_size=12)


@settings(max_examples=60)
@given(st.sampled_from(FILES), st.none() | styles, st.booleans(), remarks)
def test_however_a_file_is_written_it_means_the_same_and_keeps_its_comments(
    file: tuple[str, str], style: dict[str, Any] | None, stretched: bool, remarks: list[tuple[float, int]]
) -> None:
    kind, name = file
    data = parse(TEXTS[name], name).data
    written = _dump(data, **style) if style else TEXTS[name]
    mangled, put = _remark(_stretch(written) if stretched and not style else written, remarks)
    once = format_text(mangled, KIND[kind], MODELINE)
    assert parse(once, name).data == data
    assert list(parse(once, name).data) == list(data)
    assert sorted(re.findall("# remark [0-9]+", once)) == sorted(put)
    assert format_text(once, KIND[kind], MODELINE) == once
    if style and not put:
        assert once == format_text(_dump(data, None, flow=False, width=4096, indent=2), KIND[kind], MODELINE)


@pytest.mark.parametrize("style", [{"quotes": '"', "flow": True}, {"quotes": ">", "flow": False}, None])
def test_rules_written_otherwise_compile_to_the_same_ruleset(folder: Path, style: dict[str, Any] | None) -> None:
    for _, name in FILES:
        data = parse(TEXTS[name], name).data
        written = _dump(data, **style, width=60, indent=3) if style else _stretch(TEXTS[name])
        (folder / name).write_bytes(written.encode())
    mangled = compile_rules(folder)
    write(format_rules(folder))
    assert compile_rules(folder) == mangled == compile_rules(RULES)
    assert format_rules(folder).changed == {}


# The form ----------------------------------------------------------------------------------------------------------

ODD = """\
# head

rating: "tier" # beside the name
title: { # beside the title
   en: Tier,
   zh: 客户等级 }
ordered: True
levels: [bronze, silver, # half the way
  gold] # beside the levels
qualify:


      silver: # beside silver
            any:   ["a >= 3", "b in [x, y]"]
            # below any
      gold:
        # above all
        all:
        - 'a >= 3'


        # above none
        - # behind a dash
          none:
             - >-
               b ==
               x
             # below b
        # below none
          # further in
# above retain
retain:
  # before a value
  {gold: {all: [a >= 1]}}
quiet: {begin: "20:00", end: '9:00', at_most: '3', no: "true"}
# the end
"""
WELL = """\
# yaml-language-server: $schema=somewhere
# head

rating: tier # beside the name
title: {en: Tier, zh: 客户等级} # beside the title
ordered: true
levels: # beside the levels
  - bronze
  - silver # half the way
  - gold
qualify:
  silver: # beside silver
    any:
      - a >= 3
      - b in [x, y]
    # below any
  gold:
    # above all
    all:
      - a >= 3

      # above none
      # behind a dash
      - none:
          - b == x
          # below b
      # below none
      # further in
# above retain
# before a value
retain:
  gold:
    all:
      - a >= 1
quiet: {begin: "20:00", end: "9:00", at_most: 3, "no": "true"}
# the end
"""


def test_comments_stay_beside_what_they_are_about() -> None:
    assert format_text(ODD, KIND["rating"], MODELINE) == WELL
    assert format_text(WELL, KIND["rating"], MODELINE) == WELL


def test_entries_stand_apart_and_long_blocks_on_lines_of_their_own() -> None:
    long = ", ".join(f"word_{number}: value" for number in range(9))
    text = f"- {{care: a, do: {{{long}}}}}\n# about b\n- care: b\n"
    lines = format_text(text, KIND["care"]).split("\n")
    assert lines[:3] == ["- care: a", "  do:", "    word_0: value"]
    assert lines[-4:] == ["", "# about b", "- care: b", ""]
    assert all(len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "a, b",
        "x: y",
        "- x",
        "",
        " x ",
        "#x",
        "x #y",
        "null",
        "No",
        "12:30",
        "2026-01-01",
        'say "x"',
        "\u3000",
        "é\n",
        "\x85",
    ],
)
def test_a_text_that_yaml_would_take_for_something_else_is_quoted(text: str) -> None:
    written = format_text(
        _dump({"a": text, "b": {"c": text}, "d": [text]}, '"', flow=False, width=99, indent=2), KINDS[0]
    )
    assert parse(written, "").data == {"a": text, "b": {"c": text}, "d": [text]}


def test_the_first_line_names_the_schema_once(folder: Path) -> None:
    (folder / "programme.yaml").write_text("# yaml-language-server: $schema=old.json\n\n" + TEXTS["programme.yaml"])
    write(format_rules(folder, folder.parent / "docs" / "schemas"))
    lines = (folder / "programme.yaml").read_text().split("\n")
    assert lines[0] == "# yaml-language-server: $schema=../docs/schemas/programme.schema.json"
    assert not any("yaml-language-server" in line for line in lines[1:])


def test_every_comment_of_a_file_is_found() -> None:
    text = "a: 'it # is' # 1\n# 2\nb: x#y\nc: | # 3\n  # text\nd: [e, # 4\n  f]\n"
    assert [comment for _, comment in Layout(text).comments()] == ["# 1", "# 2", "# 3", "# 4"]


# The command -------------------------------------------------------------------------------------------------------


def test_the_rules_of_this_clone_are_in_their_canonical_form() -> None:
    found = CliRunner().invoke(app, ["rules", "fmt", "--check"])
    assert (found.exit_code, found.output) == (0, "")


def test_check_names_what_would_change_and_writes_nothing(folder: Path) -> None:
    (folder / "ratings" / "tier.yaml").write_text(_stretch(TEXTS["ratings/tier.yaml"]), newline="")
    before = (folder / "ratings" / "tier.yaml").read_bytes()
    found = CliRunner().invoke(app, ["rules", "fmt", "--check", "--rules", str(folder)])
    assert (found.exit_code, found.output) == (1, "rules/ratings/tier.yaml: would change\n")
    assert (folder / "ratings" / "tier.yaml").read_bytes() == before
    assert CliRunner().invoke(app, ["rules", "fmt", "--rules", str(folder)]).exit_code == 0
    assert (folder / "ratings" / "tier.yaml").read_text() == TEXTS["ratings/tier.yaml"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "title: {en: Tier",
            "title: {en: Tier, en: Tier",
            "rules/ratings/tier.yaml:3:19: `en` is there already, on line 3",
        ),
        ("ordered: true", "orderly: true", "`orderly` is not a word that belongs here"),
        ("spend_365d >= 800.00", "spent_365d >= 800.00", "did you mean `spend_365d`?"),
        ("qualify:\n", "qualify:\n\t", "has a tab: indent with spaces"),
    ],
)
def test_a_wrong_file_is_left_alone_and_the_others_are_formatted(folder: Path, old: str, new: str, said: str) -> None:
    tier, care = folder / "ratings" / "tier.yaml", folder / "care" / "service.yaml"
    tier.write_text("\n\n" * (said[-1] == "!") + TEXTS["ratings/tier.yaml"].replace(old, new, 1) + "\n\n")
    care.write_bytes(_stretch(TEXTS["care/service.yaml"]).encode())
    before = tier.read_bytes()
    found = CliRunner().invoke(app, ["rules", "fmt", "--rules", str(folder)])
    assert found.exit_code == 1
    assert "rules/ratings/tier.yaml:" in found.output
    assert said in found.output
    assert tier.read_bytes() == before
    assert care.read_text() == TEXTS["care/service.yaml"]


def test_nothing_is_written_where_the_rules_would_mean_something_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = formatter.format_text
    monkeypatch.setattr(formatter, "format_text", lambda *given: right(*given).replace("800.00", "900.00"))
    with pytest.raises(RulesError, match="would change what the rules mean: nothing is written"):
        format_rules(folder)


def test_a_file_whose_data_or_comments_would_not_stay_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatter, "_remarks", lambda *_: iter(()))
    with pytest.raises(RulesError, match="cannot be formatted without a change of meaning"):
        format_text(ODD, KIND["rating"])


def test_a_story_stays_as_it_is_written_but_for_the_line_that_names_its_schema() -> None:
    text = "# yaml-language-server: $schema=old.json\n- scenario:   one # as people like it\n"
    line = "# yaml-language-server: $schema=new.json"
    assert format_text(text, KIND["scenario"], line) == f"{line}\n- scenario:   one # as people like it\n"
    assert format_text("- scenario: one\n", KIND["scenario"], line) == f"{line}\n- scenario: one\n"
