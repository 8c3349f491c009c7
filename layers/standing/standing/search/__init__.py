"""Search of the lake: customers by a condition, by a move between levels, or by open care actions."""
