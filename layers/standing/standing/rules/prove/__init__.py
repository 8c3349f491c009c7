"""Proofs of what rules can and cannot do, for every possible customer. For development only: it needs z3."""
