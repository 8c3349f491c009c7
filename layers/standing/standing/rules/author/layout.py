"""The layout of a rule file: its entries as they stand in the text, each with the comments that are about it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode
from ruamel.yaml.tokens import BlockEntryToken

COMMENT = re.compile(r"(?<!\S)#[^\n]*")


@dataclass
class Remark:
    """A comment on a line of its own; `apart`: a blank line stands before it."""

    text: str
    apart: bool


@dataclass(eq=False)
class Entry:
    """A `name: value` pair or an item of a list, with the comments above it, beside it, and below its content."""

    start: int
    depth: int
    column: int
    key: ScalarNode | None
    value: Node
    parent: Entry | None
    apart: bool
    above: list[Remark] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    below: list[Remark] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_remarked(self) -> bool:
        """Whether some entry in it carries a comment, so that it cannot stand on one line."""
        return any(entry.above or entry.beside or entry.below or entry.is_remarked for entry in self.entries)


class Layout:
    """A file as a tree of entries. `text` is YAML that was read without problems, with a line break at its end.

    Comments on lines of their own that `dropped` matches are left out.
    """

    def __init__(self, text: str, dropped: re.Pattern[str] | None = None) -> None:
        self.text, self.dropped = text, dropped
        self.root = YAML().compose(text)
        self.dashes = [one.start_mark.index for one in YAML().scan(text) if isinstance(one, BlockEntryToken)]
        self.known: list[Entry] = []
        self.entries = self._entries(self.root, None)
        self.known.sort(key=lambda entry: (entry.start, entry.depth))
        self.starts = [entry.start for entry in self.known]
        self.above: tuple[Entry | None, Entry | None] = (None, None)
        self.scalars = sorted((node.start_mark.index, node.end_mark.index) for node in _scalars(self.root))
        for start, comment in self.comments():
            self._attach(start, comment)

    def comments(self) -> Iterator[tuple[int, str]]:
        """Every comment with its place: a # after a space or at the beginning of a line, and in no value."""
        match = COMMENT.search(self.text)
        while match:
            start, end = self._scalar_before(match.start())
            is_heading = self.text[start:end][:1] in {"|", ">"} and "\n" not in self.text[start : match.start()]
            is_comment = match.start() >= end or is_heading
            if is_comment:
                yield match.start(), match[0].rstrip()
            match = COMMENT.search(self.text, match.end() if is_comment else end)

    def _scalar_before(self, place: int) -> tuple[int, int]:
        number = bisect_left(self.scalars, (place, 0)) - 1
        return self.scalars[number] if number >= 0 else (0, 0)

    def _entries(self, node: Node, parent: Entry | None) -> list[Entry]:
        depth = parent.depth + 1 if parent else 0
        if not isinstance(node, CollectionNode):
            return []
        entries = []
        for item in node.value:
            key, value = item if isinstance(node, MappingNode) else (None, item)
            start = (key or value).start_mark.index
            if not key and not node.flow_style:
                start = self.dashes[bisect_left(self.dashes, start) - 1]
            column = start - self._line_of(start)
            entry = Entry(start, depth, column, key, value, parent, self._is_apart(start))
            self.known.append(entry)
            entry.entries = self._entries(value, entry)
            entries.append(entry)
        return entries

    def _line_of(self, place: int) -> int:
        """Where the line of a place begins."""
        return self.text.rfind("\n", 0, place) + 1

    def _is_apart(self, place: int) -> bool:
        """Whether a place is the first of its line, and the line before is blank."""
        begin = self._line_of(place)
        before = self.text[self._line_of(begin - 1) : begin] if begin else "-"
        return not self.text[begin:place].strip() and not before.strip()

    def _attach(self, place: int, comment: str) -> None:
        begin = self._line_of(place)
        alone = not self.text[begin:place].strip()
        if alone and self.dropped and self.dropped.fullmatch(comment):
            return
        number = bisect_left(self.starts, place)
        before = _out_of_closed(self.known[number - 1], place) if number else None
        after = self.known[number] if number < len(self.known) else None
        if before and not alone and self._is_on_line(before, begin):
            before.beside.append(comment)
        elif before and before.value.start_mark.index > place and not _is_indented(before.value):
            before.above.append(Remark(comment, apart=False))
        else:
            remark = Remark(comment, alone and self._is_apart(place))
            self._attach_line(remark, place - begin if alone else 0, before, after)

    def _attach_line(self, remark: Remark, column: int, before: Entry | None, after: Entry | None) -> None:
        """A comment on its own belongs to what follows, unless it is indented further: then it ends what is above."""
        follows, owner = self.above
        if owner and follows is after:  # a comment of the same gap: the next one comes no sooner
            before = owner
        while before and before is not after and before.parent and before.column > column:
            before = before.parent
        is_foot = before and (not after or (before.depth > after.depth and column > after.column))
        if before and before is not after and is_foot:
            before.below.append(remark)
            self.above = (after, before)
        elif after:
            after.above.append(remark)
            self.above = (after, after)

    def _is_on_line(self, entry: Entry, begin: int) -> bool:
        """Whether an entry begins, or its value begins or ends, on the line that begins there."""
        end = entry.value.end_mark.index - (self.text[entry.value.end_mark.index - 1] == "\n")
        value_begins = entry.value.start_mark.index >= begin
        return entry.start >= begin or value_begins or (not _is_indented(entry.value) and end >= begin)


def _scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
        return
    for item in node.value:
        for part in item if isinstance(node, MappingNode) else (item,):
            yield from _scalars(part)


def _out_of_closed(entry: Entry, place: int) -> Entry:
    """The entry, or the outermost around it whose `{…}` or `[…]` is closed before a place."""
    around = entry.parent
    while around and not _is_indented(around.value) and around.value.end_mark.index <= place:
        entry, around = around, around.parent
    return entry


def _is_indented(node: Node) -> bool:
    """Whether it is a block of lines; the mark of its end is at what follows it."""
    return isinstance(node, CollectionNode) and not node.flow_style
