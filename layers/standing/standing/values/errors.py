"""Mistakes that users can mend."""


class UserError(Exception):
    """A mistake or a missing piece that the user can mend; the message says how. Shown without a traceback."""
