"""What people who edit the rules type: `standing rules` and `standing scenario`."""
