"""Proving: what rules can and cannot do, for every customer there could be. Development only: it needs z3."""
