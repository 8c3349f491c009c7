"""`make mutants`: make each edit of the catalogue in a copy of the tree, and see the test that it names fail.

`python -m tests.mutants.run NAME…` runs some of them. A mutant counts as killed only where pytest says that tests
failed (exit code 1) and the failure is not one of setting up, and where the same test passes on the tree as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.make.support import ROOT
from tests.mutants.catalogue import Mutant, OutdatedError, mutants

FAILED = 1
LINKED = (".venv", ".tools")
DEPLOYED = "tests/e2e"


def verdict(mutant: Mutant) -> str:
    """`killed`, or what is wrong."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = copy_tree(Path(folder) / "tree")
        try:
            for edit in mutant.edits:
                edit.apply(tree)
        except OutdatedError as outdated:
            return f"does not apply, renew it: {outdated}"
        result = run_tests(tree, [mutant.kills])
        if result.returncode == FAILED and "FAILED" in result.stdout and "ERROR tests" not in result.stdout:
            return "killed"
        return f"SURVIVED (pytest exit {result.returncode})\n{result.stdout[-1500:]}"


def copy_tree(tree: Path) -> Path:
    """The working tree as git sees it, new files included; the environments are linked."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True, capture_output=True, check=True
    )
    for name in listed.stdout.splitlines():
        source, target = ROOT / name, tree / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for name in LINKED:
        (tree / name).symlink_to(ROOT / name)
    return tree


def run_tests(tree: Path, tests: list[str], *, at_once: bool = False) -> subprocess.CompletedProcess[str]:
    """Run tests in a tree, with that tree's package and not the installed one: whole files, or tests by name."""
    quick = [] if any("::" in test for test in tests) else ["-m", "not long"]  # a slow test is run where it is named
    spread = ["-n", str(os.cpu_count()), "--dist", "worksteal"] if at_once else []
    plugins = ["-p", "no:cacheprovider", "-p", "tests.mutants.unshrunk"]
    options = ["-o", "addopts=", "-x", *plugins, "--tb=line", *quick, *spread]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    environment = {
        "PYTHONPATH": str(tree / "layers" / "standing"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    return subprocess.run(command, cwd=tree, env=environment, text=True, capture_output=True, check=False)


def baseline_fault(chosen: list[Mutant]) -> str:
    """What pytest says of the tree as it is where not all tests pass that the mutants name; empty where they do."""
    named = {mutant.kills for mutant in chosen}
    files = {test for test in named if "::" not in test}
    single = {test for test in named - files if test.partition("::")[0] not in files or "[" in test}
    deployed = {test for test in named if test.startswith(DEPLOYED)}
    for tests, at_once in ((files - deployed, True), (single - deployed, True), (deployed, False)):
        result = run_tests(ROOT, sorted(tests), at_once=at_once) if tests else None
        if result and (result.returncode or "passed" not in result.stdout):
            return result.stdout
    return ""


def verdicts(chosen: list[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Each mutant with its verdict: as many at once as there are processors; those that deploy, one by one beside."""
    alone = [mutant for mutant in chosen if mutant.kills.startswith(DEPLOYED)]
    together = [mutant for mutant in chosen if mutant not in alone]
    with ThreadPoolExecutor(os.cpu_count()) as workers, ThreadPoolExecutor(1) as deployer:
        deployed = deployer.map(verdict, alone)  # they mostly wait
        yield from zip(together, workers.map(verdict, together), strict=True)
        yield from zip(alone, deployed, strict=True)


def main() -> int:
    """Run the mutants named on the command line, or all; the exit code is 1 where one survives."""
    wanted = set(sys.argv[1:])
    chosen = [mutant for mutant in mutants() if not wanted or mutant.name in wanted]
    if fault := baseline_fault(chosen):
        sys.stdout.write(f"the tests do not pass without a mutant:\n{fault[-3000:]}\n")
        return 1
    survivors = 0
    for mutant, said in verdicts(chosen):
        survivors += said != "killed"
        sys.stdout.write(f"{said:8} {mutant.name}: without {mutant.takes_out}\n")
        sys.stdout.flush()
    sys.stdout.write(f"mutants: {len(chosen) - survivors} killed, {survivors} survived\n")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
