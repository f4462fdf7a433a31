"""One shared world: a customer of each vendor, the people who serve them, and a stranger who must see nothing."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from plans.actions.contracts import Agreed, Owned, sign
from plans.coverage import cover
from plans.loading import load
from plans.models import Contact, Contract, Customer, Plan, Product, Role, Team, User
from tests.hours import beijing
from tickets.actions.opening import Opening, open_ticket
from tickets.models import Category, Channel, Ticket

STARTS, ENDS = date(2026, 1, 1), date(2027, 12, 31)


def plans() -> None:
    """Load both plans, calendars and holidays, unless they stand already."""
    if not Plan.objects.exists():
        load()


def person(username: str, name: str, role: str = Role.AGENT, **more: Any) -> User:
    """Return a user, made the first time, whose password is their name."""
    found = User.objects.filter(username=username).first()
    if found:
        return found
    # Hashing a password is slow on purpose; only tests that sign in pay for it, by `force_login` not even those.
    return User.objects.create(
        username=username, name=name, name_en=username.title(), role=role, email=f"{username}@shouyue.example", **more
    )


@dataclass
class Side:
    """A customer with its contract and contacts."""

    customer: Customer
    contract: Contract
    contact: Contact
    product: Product


@dataclass
class World:
    """Who is there. `yonsuite` is on the premier plan, `kingdee` on the advanced one."""

    team: Team = field(init=False)
    agent: User = field(init=False)
    expert: User = field(init=False)
    lead: User = field(init=False)
    success_manager: User = field(init=False)
    technical_manager: User = field(init=False)
    manager: User = field(init=False)
    yonsuite: Side = field(init=False)
    kingdee: Side = field(init=False)
    # A contact of the Kingdee customer who is not certified. Source: K02
    uncertified: Contact = field(init=False)
    # A contact of another customer, who must see nothing of the two above.
    stranger: Contact = field(init=False)

    def __post_init__(self) -> None:
        plans()
        self.lead = person("lead", "周组长", Role.LEAD)
        self.team = Team.objects.create(
            code="experts", name="专家组", name_en="Experts", vendor="yonsuite", lead=self.lead
        )
        self.agent = person("agent", "李坐席", team=self.team)
        self.expert = person("expert", "陈专家", Role.EXPERT, team=self.team)
        self.success_manager = person("csm", "何成功", Role.EXPERT)
        self.technical_manager = person("tam", "孙技术", Role.EXPERT)
        self.manager = person("manager", "郑经理", Role.MANAGER)
        self.yonsuite = self._side("yonsuite-premier", "C-Y-1", "王会计", "yonsuite-finance")
        self.kingdee = self._side("kingdee-advanced", "C-K-1", "刘主管", "galaxy")
        self.uncertified = self._contact(self.kingdee.customer, "新来的", is_certified=False)
        self.stranger = self._side("yonsuite-premier", "C-S-1", "陌生人", "yonsuite-finance").contact

    def _side(self, plan: str, number: str, name: str, product: str) -> Side:
        customer = Customer.objects.create(code=number.lower(), name=f"{name}的公司", name_en=f"{number} Ltd")
        owned = Product.objects.get(code=product)
        contract = sign(
            customer=customer,
            plan=Plan.objects.current().get(code=plan),
            number=number,
            starts_on=STARTS,
            ends_on=ENDS,
            agreed=Agreed(
                team=self.team,
                products=(Owned(owned),),
                account_team=(("success_manager", self.success_manager), ("technical_manager", self.technical_manager)),
            ),
        )
        return Side(customer, contract, self._contact(customer, name), owned)

    def _contact(self, customer: Customer, name: str, *, is_certified: bool = True) -> Contact:
        order = Contact.objects.count() + 1
        user = person(f"contact{order}", name, Role.CUSTOMER)
        return Contact.objects.create(
            customer=customer, user=user, name=name, email=f"contact{order}@{customer.code}.example",
            external_id=f"E{order}", phone=f"1380000{order:04d}", is_certified=is_certified,
        )  # fmt: skip

    def open_ticket(
        self,
        subject: str = "月结报错",
        *,
        side: Side | None = None,
        at: str | datetime = "2026-09-28 09:00",
        **more: Any,
    ) -> Ticket:
        """Open a ticket of one side (YonSuite's) as of a wall time of Beijing, with fields of an Opening."""
        side = side or self.yonsuite
        when = beijing(at) if isinstance(at, str) else at
        said = {"channel": Channel.PORTAL, "category": Category.FAULT, "body": "结账时提示科目余额不平。"} | more
        contact = said.pop("contact", side.contact)
        decision = cover(
            contact, side.contract, "ticket", side.product, "public_cloud", said["category"], said["channel"], when
        )
        opening = Opening(contact=contact, decision=decision, subject=subject, product=side.product, **said)
        return open_ticket(opening=opening, at=when)
