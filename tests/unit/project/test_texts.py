"""What people read stands whole in the code: a text with values in it already could not be translated."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from scripts.catalogue import ROOT, TEXT_AT, modules

TREES = [(path.relative_to(ROOT).as_posix(), tree) for path, tree in modules()]
SAYING = {"message", "Messages", "failure_of"}  # what is made by these can be read in every language


def _called(node: ast.expr) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _says(node: ast.expr | None) -> bool:
    """Whether the value of a constant is a message, or a table of them."""
    if isinstance(node, ast.Dict):
        return all(_says(one) for one in node.values)
    return node is not None and _called(node) in SAYING


CONSTANTS = {
    target.id
    for _, tree in TREES
    for node in tree.body
    if isinstance(node, ast.Assign) and _says(node.value)
    for target in node.targets
    if isinstance(target, ast.Name)
}


def _is_whole(node: ast.expr, caught: set[str]) -> bool:
    """Whether a text stands in the code, or is a message, or an error that was `caught`."""
    match node:
        case ast.Constant(str()):
            return True
        case ast.IfExp():
            return _is_whole(node.body, caught) and _is_whole(node.orelse, caught)
        case ast.Subscript(ast.Name(name)) | ast.Name(name):
            return name in CONSTANTS or (isinstance(node, ast.Name) and name in caught)
    return _called(node) in SAYING | CONSTANTS


def _in_pieces(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls whose text is put together, or a variable."""
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _called(node)) in TEXT_AT:
            yield from (node for text in node.args[TEXT_AT[name] :][:1] if not _is_whole(text, caught))


def _errors() -> dict[str, ast.ClassDef]:
    """The errors that people read, by name."""
    found: dict[str, ast.ClassDef] = {}
    classes = [node for _, tree in TREES for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for _ in range(5):  # an error of an error of an error
        known = {"ReadableError", *found}
        found |= {one.name: one for one in classes if any(getattr(base, "id", "") in known for base in one.bases)}
    return found


@pytest.mark.parametrize(("path", "tree"), TREES, ids=[path for path, _ in TREES])
def test_each_text_stands_whole_in_the_code(path: str, tree: ast.Module) -> None:
    assert [f"{path}:{call.lineno}: {ast.unparse(call)[:80]}" for call in _in_pieces(tree)] == []


def test_of_each_error_that_people_read_it_is_known_which_argument_is_its_text() -> None:
    own = {name for name, one in _errors().items() if any(getattr(node, "name", "") == "__init__" for node in one.body)}
    of_faults = {
        name for name, one in _errors().items() if "FaultError" in {getattr(base, "id", "") for base in one.bases}
    }
    assert set(_errors()) - own - of_faults - set(TEXT_AT) == set()  # one of a fault takes a code, and no text


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ('UserError("{path}: gone", path=path)', 0),
        ('UserError(f"{path}: gone")', 1),
        ('UserError("{path}: gone".format(path=path))', 1),
        ('UserError("gone: " + path)', 1),
        ("UserError(text)", 1),
        ("UserError(str(error))", 1),
        ('BadRow(column, "a number")', 0),
        ('BadRow(column, f"a number above {least}")', 1),
        ("try: pass\nexcept OSError as error: UserError(error)", 0),
    ],
)
def test_a_text_in_pieces_is_seen(code: str, refused: int) -> None:
    assert len(list(_in_pieces(ast.parse(code)))) == refused


def _quoting(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls in which a library's error, which says itself in English alone, is a value of a text."""
    readable = {*_errors(), "FaultError"}
    for handler in ast.walk(tree):
        if isinstance(handler, ast.ExceptHandler) and handler.name and not _types(handler) <= readable:
            calls = (node for node in ast.walk(handler) if isinstance(node, ast.Call))
            yield from (call for call in calls if _has_value(call, handler.name))


def _types(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(kind).rpartition(".")[2] for kind in kinds if kind}


def _has_value(call: ast.Call, caught: str) -> bool:
    said = {caught, f"str({caught})", f"{caught}.msg", f"{caught}.strerror"}
    is_text = _called(call) in {*TEXT_AT, *CONSTANTS}
    return is_text and any(ast.unparse(one.value) in said for one in call.keywords)


@pytest.mark.parametrize(("path", "tree"), TREES, ids=[path for path, _ in TREES])
def test_no_error_of_a_library_is_a_value_of_a_text(path: str, tree: ast.Module) -> None:
    assert [f"{path}:{call.lineno}: {ast.unparse(call)[:80]}" for call in _quoting(tree)] == []


@pytest.mark.parametrize(
    ("caught", "value", "refused"),
    [
        ("OSError", "error", 1),
        ("OSError", "str(error)", 1),
        ("OSError", "error.strerror", 1),
        ("OSError", "failure_of(error)", 0),
        ("UserError", "error", 0),
        ("(UserError, zlib.error)", "error", 1),
    ],
)
def test_an_error_of_a_library_is_seen(caught: str, value: str, refused: int) -> None:
    code = f"try: pass\nexcept {caught} as error: UserError('{{why}}', why={value})"
    assert len(list(_quoting(ast.parse(code)))) == refused
