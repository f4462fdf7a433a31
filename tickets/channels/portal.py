"""The portal: people sign in and fill the form."""

from tickets.channels.form import FormChannel


class Portal(FormChannel):
    """The form, with nothing besides."""

    key = "portal"
