"""Letters about somebody's own sign-in. They go by a worker, so that no page takes longer for a known address."""

import structlog
from celery import shared_task
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from kombu.exceptions import OperationalError

from plans.accounts import reading_of, resets_by
from plans.models import User
from tickets.showing.wording import name_of

log = structlog.get_logger(__name__)


def ask_reset(email: str) -> None:
    """Have the letter written for this address, by a worker; by ourselves when no broker takes the wish."""
    try:
        send_reset.apply_async(args=(email,), retry=False, ignore_result=True)
    except OperationalError:
        send_reset(email)


@shared_task(name="config.tasks.send_reset")
def send_reset(email: str) -> None:
    """Send everybody who signs in with this address a link to set a password; nobody, if nobody does."""
    for user in resets_by(email):
        letter = reset_letter(user)
        try:
            letter.send()
        except OSError as error:
            # Asking again is easy, and a link must not lie about in a table: this letter is not tried twice.
            log.warning("reset_not_sent", user=user.pk, error=str(error))


def reset_letter(user: User) -> EmailMessage:
    """Return the letter, in the reader's language; its link begins with the configured address alone."""
    link = settings.PUBLIC_URL + reverse(
        "password_reset_confirm",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        },
    )
    with translation.override(reading_of(user).language):
        words = {"name": name_of(user), "link": link}
        subject = render_to_string("account/reset_subject.txt", words).strip()
        body = render_to_string("account/reset_email.txt", words)
        return EmailMessage(subject, body, to=[user.email], headers={"Auto-Submitted": "auto-generated"})
