"""What people change of their own account."""

from django.db import transaction

from plans.models import Contact, User


@transaction.atomic
def choose_language(*, user: User, language: str) -> User:
    """Have a user read this language from now on, mail to their contact included."""
    user.language = language
    user.save(update_fields=["language"])
    Contact.objects.filter(user=user).update(language=language)
    return user


@transaction.atomic
def set_password(*, user: User, password: str) -> User:
    """Give a user a new password; every other session of theirs ends with the old one."""
    user.set_password(password)
    user.save(update_fields=["password"])
    return user
