"""Search: customers by a condition, by a move between levels, or by open care; of the lake as nights left it."""
