"""Archive: rows of the table's stream become objects of the lake."""
