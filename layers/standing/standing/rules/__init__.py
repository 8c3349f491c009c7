"""The compiled rules as data, and the timeline of rules in force. `rules/author` reads them as people write them."""
