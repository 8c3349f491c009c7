"""Finding customers: who stands so, who moved, and what is asked for whom; of the lake as nights left it."""
