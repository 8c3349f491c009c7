"""What makes things for tests: events, rules, crowds, lakes and reports. All of it is made up."""
