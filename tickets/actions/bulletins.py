"""What is said of the product itself, kept once and told to those who run it."""

from django.db import transaction

from plans.models import Role, User
from tickets.models import Bulletin, Delivery
from tickets.telling.notifications import Notice, queue_many


@transaction.atomic
def publish(bulletin: Bulletin) -> bool:
    """Keep a bulletin and write to every manager and administrator; return False where its key was said before."""
    said = {"kind": bulletin.kind, "is_alarm": bulletin.is_alarm, "fields": bulletin.fields, "at": bulletin.at}
    kept, is_new = Bulletin.objects.get_or_create(key=bulletin.key, defaults=said)
    if is_new:
        readers = User.objects.filter(role__in=(Role.MANAGER, Role.ADMIN), is_active=True)
        queue_many((Notice(Delivery.Kind.BULLETIN, kept, None, reader) for reader in readers), at=bulletin.at)
    return is_new
