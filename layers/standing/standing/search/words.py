"""What is said of customers that are found, in English and Chinese."""

from standing.values.messages import Messages

WORDS = Messages(
    "search",
    {
        "found": "Customers as of the end of {day}: {total}",
        "found_live": "Customers as of now, {day}, read from the table: {total}",
        "nearest": "no standing of {asked} is kept: the nearest one is that of {day}",
        "older": (
            "{customers} of those looked at are of {day}: their part of the night failed since (`standing report`)"
        ),
        "lacking": "`{fact}` is unknown in {files} of the files, which are of before it was defined",
        "cut": "the first {shown} are shown; `--limit 0` shows all of them",
        "moved": "Moves of {rating}, effective from {since} on: {total}",
        "moved_between": "Moves of {rating}, effective from {since} to {until}: {total}",
        "care_open": "Care actions that are open on {day}: {total}",
        "care_all": "Care actions that were asked for, as of {day}: {total}",
        "written": "written: {file}",
        "personal": "it holds customers' ids and what is known of them: keep it accordingly",
        "customer": "Customer",
        "day": "On",
        "rating": "Rating",
        "before": "From",
        "level": "To",
        "rules": "Rules",
        "id": "Decision",
        "care": "Care",
        "action": "Action",
        "owner": "Owner",
        "channel": "Channel",
        "priority": "Priority",
        "due": "Due on",
        "asked": "Asked on",
        "until": "Until",
        "status": "Status",
        "changed": "Changed on",
        "open": "open",
        "trend": "{rating}: customers by level, from {first} to {last} (nights: {nights})",
        "first": "First",
        "last": "Last",
        "change": "Change",
        "nights": "Night by night",
        "level_of": "Level",
        "partial": "left out, as some buckets had failed: {days}",
        "missing": "nights without a report, shown as gaps: {days}",
        "everybody": "All customers",
    },
)

said = WORDS.say
