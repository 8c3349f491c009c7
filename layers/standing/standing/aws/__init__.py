"""AWS, behind small classes: the table, the bus and the queues."""
