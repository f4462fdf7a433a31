"""Mail and monitoring in the plain form, for programs that have read them already."""

from tickets.channels.form import FormChannel


class Email(FormChannel):
    """The form, with nothing besides; raw mail comes by `/hooks/mail/`, IMAP or a pipe."""

    key = "email"


class Monitoring(FormChannel):
    """The form, with nothing besides; Alertmanager's own comes by `/hooks/alertmanager/`. Source: K04"""

    key = "monitoring"
