"""The night: the clock moved for everybody, a bucket of customers at a time, from the lake into the table."""
