"""Pages that a line leads to, which stand in the console and in the portal under addresses of their own."""

from dataclasses import dataclass

from django.urls import reverse

# By page: the name of its address in the console and in the portal, and which of number and key each takes.
NUMBER, KEY, BOTH = ("number",), ("key",), ("number", "key")
Address = tuple[str, tuple[str, ...]]
PAGES: dict[str, tuple[Address, Address]] = {
    "contract": (("console:accounts:contract", NUMBER), ("portal:service:contract", NUMBER)),
    "rights": (("console:accounts:rights", NUMBER), ("portal:service:rights", NUMBER)),
    "owed": (("console:accounts:owed", NUMBER), ("portal:service:owed", NUMBER)),
    "engagement": (("console:accounts:engagement", KEY), ("portal:service:engagement", BOTH)),
    "deliverable": (("console:accounts:deliverable", KEY), ("portal:service:deliverable", BOTH)),
    # A draft is ours alone; the customer's list has what was delivered.
    "report": (("console:accounts:reports", NUMBER), ("portal:service:reports", NUMBER)),
    "updates": (("console:accounts:updates", NUMBER), ("portal:service:updates", NUMBER)),
    "update_request": (("console:accounts:update_request", KEY), ("portal:service:update_request", BOTH)),
    "ticket": (("console:ticket", KEY), ("portal:ticket", KEY)),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One page: which, of which contract, about what there, and where on it."""

    page: str
    number: str
    key: str = ""
    anchor: str = ""

    @property
    def in_console(self) -> str:
        """Return where one of us sees it."""
        return self._address(0)

    @property
    def in_portal(self) -> str:
        """Return where the customer sees it."""
        return self._address(1)

    def _address(self, side: int) -> str:
        name, takes = PAGES[self.page][side]
        url = reverse(name, args=[getattr(self, one) for one in takes])
        return f"{url}#{self.anchor}" if self.anchor else url
