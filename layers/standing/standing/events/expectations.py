"""What is expected of events' fields, as producers, authors of scenarios and importers of files read it."""

from __future__ import annotations

from standing.values.messages import Message, Messages

EXPECTATIONS = Messages(
    "expected",
    {
        # by pydantic's types of errors
        "missing": "a value: this field is required",
        "extra_forbidden": "nothing: this event type has no such field",
        "string_too_long": "a shorter text: at most {max_length} characters",
        "string_too_short": "a text of at least {min_length} character",
        "string_type": "a text",
        "string_unicode": "a text that is valid Unicode",
        "literal_error": "{expected}",
        "int_type": "a whole number, without quotes",
        "greater_than_equal": "at least {ge}",
        "less_than_equal": "at most {le}",
        "tuple_type": "a list of two whole numbers, such as [1, 5]",
        "too_long": "a list of {max_length} values",
        "bool_type": "true or false",
        "dict_type": "an object of names and their values",
        "model_type": "an object with the event's fields",
        "other": "{said}",
        # fields
        "printable": "a text without control characters",
        "amount": 'a decimal number in quotes, not negative and below 10 billion, such as "12.50"',
        "currency_code": "an ISO 4217 code of three capital letters, such as USD or CNY",
        "moment": "a time with its offset, such as 2026-03-01T09:30:00Z",
        "since_1970": "a time after 1970-01-01",
        "rising_scale": "a scale that rises, such as [1, 5]",
        "name": "a name of small letters, digits, dashes and underscores that begins with a letter",
        "date": "a date such as 2026-03-01",
        "month_day": "a month and a day such as 05-17, or a date of which only these are kept",
        "fact": "true, false, or a code: a text of 1 to 64 characters, none of them a control character",
        "few": "at most {most} entries",
        # fields together
        "amounts_currency": "the amount's currency: an ISO 4217 code such as USD or CNY",
        "no_currency": "nothing: a currency needs an amount",
        "no_answer": "nothing: only a survey or a review has a score and a scale",
        "on_its_scale": "a score on its scale, from {low} to {high}",
        "score_and_scale": "a score and its scale, such as 4 on [1, 5]",
        # the envelope, and the programme
        "source": "1 to 128 letters, digits, dots, dashes, underscores or slashes",
        "not_our_source": "the system that emits the event; `{ours}` is our own",
        "one_of": "one of {names}",
        "an_event": "an EventBridge event: an object with source, detail-type, detail",
        "of_its_type": "the fields of {type}",
        "not_in_the_future": "at most 15 minutes after now ({now})",
        "programme_currency": "{currency}, the programme's currency",
        "decimals": "at most {digits} decimals in {currency}",
        "no_activities": "one of the programme's activities: it has none",
        "activities": "one of the programme's activities: {names}",
        "no_channels": "one of the programme's channels: it has none",
        "channels": "one of the programme's channels: {names}",
        "not_expired": "a day that is not before the event's own",
        "override_term": "a day at most {longest} days after the event's own",
        "source_may_send": "what this source may send: {kinds}",
        "night_source": "`{source}`: only the night may send scores",
        "no_named_source": "a source that programme.yaml names for {family} under `producers`: there is none",
        "named_source": "a source that programme.yaml names for {family} under `producers`: {names}",
        # the customer
        "not_forgotten": "a customer who was not forgotten; a customer who comes back needs a new id",
        "requested_care": "a care action that was requested: the care rule and day of a care.requested event",
        "room": "a smaller event: with it, the customer's state is too large for a row ({most} KB)",
        "new_id": "a new id: this producer sent other content under the same id before",
        # in scenarios, whose YAML has no quotes around numbers
        "yaml_amount": 'a decimal number, not negative and below 10 billion, such as "12.50"',
        "yaml_whole_number": "a whole number",
        "day_of_step": "a time on {day}, the day of this step, or none",
    },
)


class Unexpected(ValueError):  # noqa: N818 -- what stands there
    """A value that is not what a field takes; `expected` says what that is."""

    def __init__(self, name: str, /, **values: object) -> None:
        self.expected: Message = EXPECTATIONS(name, **values)
        super().__init__(str(self.expected))
