"""The night: moves the clock for all customers, a bucket at a time, from the lake into the table."""
