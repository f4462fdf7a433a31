"""Which ticket a mail belongs to, and whether its writer may add to it."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from plans.models import Contact
from tickets.mailing import Letter
from tickets.models import Delivery, Mail, Ticket
from tickets.telling.replying import marked_number, number_in

Thread = Mail.Thread
RELATED = ("contract__plan", "contact__customer", "merged_into")


@dataclass(frozen=True, slots=True)
class Claim:
    """A ticket that a mail says it belongs to, and by what."""

    ticket: Ticket
    by: Mail.Thread

    def admits(self, contact: Contact) -> bool:
        """Tell whether a contact may add to it.

        A mark or a letter of ours shows that the writer has read one: anybody of the same customer may go on there.
        A number alone can be guessed: only who asked, or has written there before.
        """
        if contact.customer_id != self.ticket.customer_id:
            return False
        if self.by != Thread.NUMBER:
            return True
        return contact.pk == self.ticket.contact_id or self.ticket.messages.filter(contact=contact).exists()


def claim_of(letter: Letter) -> Claim | None:
    """Return the ticket that a mail goes back to: by our mark, by a letter of ours, or by a number in its subject."""
    ids = letter.earlier
    addresses = [person.address for person in (*letter.to, *letter.cc)]
    if number := marked_number([*addresses, *ids]):
        found = _tickets().filter(number=number).first()
        if found:
            return Claim(found, Thread.TOKEN)
    if found := _by_letter(ids):
        return Claim(found, Thread.LETTER)
    named = number_in(letter.subject)
    found = _tickets().filter(number=named).first() if named else None
    return Claim(found, Thread.NUMBER) if found else None


def _tickets() -> QuerySet[Ticket]:
    return Ticket.objects.select_related(*RELATED)


def _by_letter(ids: tuple[str, ...]) -> Ticket | None:
    """Return the ticket of the letter that is answered; our ids are random, so nobody names one unseen."""
    if not ids:
        return None
    rows = Delivery.objects.filter(message_id__in=[f"<{one}>" for one in ids], ticket__isnull=False)
    # A letter about several tickets is an answer to none of them.
    rows = rows.exclude(Exists(Delivery.objects.filter(carried_by=OuterRef("pk")).exclude(ticket=OuterRef("ticket"))))
    keys = {row.message_id.strip("<>"): row.ticket_id for row in rows.only("message_id", "ticket")}
    nearest = next((keys[one] for one in ids if one in keys), None)
    return _tickets().filter(pk=nearest).first() if nearest else None
