"""What every writer of news about a contract is given, and gives back."""

from collections.abc import Callable

from plans.models import AccountNotice, Contact, User
from tickets.telling.letters import Letter

Reader = User | Contact
# Called in the reader's language and zone. `link` is a path of ours; greeting and closing come by themselves where
# they are left out; `calendar` may hold an invitation as iCalendar text.
Writer = Callable[[AccountNotice, Reader], Letter]
