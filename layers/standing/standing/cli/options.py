"""What the commands share: their options, where they print, and which stack they work on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from standing.present.document import Document, pairs
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document
from standing.values.messages import Message, Messages, Readable

if TYPE_CHECKING:
    from standing.aws.stack import Target


class ChosenOptions:
    """What the options before the command said."""

    local = False
    language: Literal["en", "zh"] = "en"


chosen = ChosenOptions()

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables for people.")]
EventFile = Annotated[Path, typer.Argument(metavar="FILE", help="Events, one JSON object a line (see events/).")]
Stack = Annotated[str, typer.Option("--stack", envvar="STANDING_STACK", help="The CloudFormation stack.")]
type Spoken = Literal["en", "zh"]


def _speak(language: Spoken) -> Spoken:
    """What goes wrong is told in the language that was asked for, too."""
    chosen.language = language
    return language


Lang = Annotated[
    Literal["en", "zh"],
    typer.Option("--lang", envvar="STANDING_LANG", help="English or Chinese.", callback=_speak),
]
Rules = Annotated[Path | None, typer.Option("--rules", metavar="DIR", help="Another folder of rules.")]


def told(text: str, /, **values: object) -> str:
    """A text in the language that was asked for."""
    return Message(text, values).in_language(chosen.language)


def say(what: Readable) -> None:
    """Tell what goes on, beside what a command prints."""
    err.print(what.in_language(chosen.language), soft_wrap=True)


def confirmed(question: str) -> None:
    """Ask before what cannot be undone. Raises Abort at anything but a yes, without a word in typer's English."""
    answer = typer.prompt(f"{question} [y/N]", default="", show_default=False, err=True)
    if answer.strip().lower() not in {"y", "yes"}:
        raise typer.Abort


def target_of(stack: str) -> Target:
    """The stack to work on; the local AWS is looked for only where it was asked for and is needed."""
    from standing.aws.stack import Target
    from standing.local.connection import use_local_aws

    if chosen.local:
        use_local_aws()
    return Target(stack)


def print_data(data: dict[str, Any], *, as_json: bool, view: Document | str) -> None:
    """Print data as JSON, or as people read them."""
    if as_json:
        print_json(data)
    elif isinstance(view, Document):
        print_document(view, out)
    else:
        out.print(view)


LABELS = Messages(
    "label",
    {
        # of an audit
        "sent": "sent",
        "applied": "applied",
        "too_late": "too late",
        "duplicates": "duplicates",
        "rejected": "rejected",
        "dead_letters": "dead letters",
        "lost": "lost",
        "held_back": "held back",
        "unsendable": "unsendable",
        # of a queue
        "source": "source",
        "detail_type": "detail type",
        "event_id": "event id",
        "reason": "reason",
        "field": "field",
        "expected": "expected",
        "cut": "cut",
        # of gaps
        "customer": "customer",
        "version_in_lake": "version in the lake",
        "versions_missing": "versions missing",
        # of a compaction
        "records": "records",
        "decisions": "decisions",
        "states": "states",
        # of the local AWS
        "running": "running",
        "endpoint": "endpoint",
    },
)


def label(name: str) -> str:
    """What a column or a value is called; outputs of a stack by their own names."""
    return LABELS.say(name, chosen.language) if name in LABELS else name.replace("_", " ")


def pairs_document(data: Mapping[str, object], leave_out: Collection[str] = ()) -> Document:
    """Names and values, a line each."""
    rows = ((label(name), str(value)) for name, value in data.items() if name not in leave_out)
    return Document(chosen.language, (pairs(rows),))
