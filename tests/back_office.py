"""What tests of the back office share: who signs in, where its pages are, and many rows of everything in it."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from plans.actions.keys import Holder, issue_key
from plans.models import (
    AccountNotice,
    Branch,
    Contact,
    Contract,
    ContractChange,
    Customer,
    Item,
    Obligation,
    Plan,
    Product,
    Quota,
    QuotaEntry,
    Role,
    Rota,
    RotaMember,
    Team,
    User,
)
from sla.models import CalendarVersion, Escalation, Heartbeat, HolidaySet, Milestone, Policy
from tests.hours import beijing
from tests.world import World, person
from tickets.models import (
    Channel,
    Chat,
    Forgetting,
    InboundEvent,
    Mail,
    Mailbox,
    Post,
    PostBack,
    Site,
    Ticket,
    WebhookEndpoint,
)

AT = beijing("2026-09-28 09:00")


def page(model: type[Model], name: str = "changelist", *args: Any) -> str:
    """Return the address of a page of a model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def signed_in(role: str = Role.ADMIN, language: str = "zh-hans") -> Client:
    """Return a browser in which somebody of this role has signed in."""
    client = Client()
    client.force_login(person(f"{role}-{language}", "沈管理", role, language=language))
    return client


def fill(world: World, count: int, prefix: str) -> None:
    """Add `count` rows of everything that the back office lists, each with relations of its own."""
    for n in range(count):
        _add_one(world, f"{prefix}{n}")
    HolidaySet.objects.bulk_create(
        HolidaySet(country="XX", subdivision=f"{prefix}{n}", year=2026, status="published", source="-", digest="-")
        for n in range(count)
    )
    WebhookEndpoint.objects.bulk_create(
        WebhookEndpoint(name=f"{prefix}{n}", url="https://1.1.1.1/", secret="whsec_AAAA") for n in range(count)
    )
    Site.objects.bulk_create(
        Site(code=f"{prefix}{n}", name="产品", vendor="kingdee", secret="s", product=world.kingdee.product)
        for n in range(count)
    )
    boxes = Mailbox.objects.bulk_create(
        Mailbox(name="Desk", address=f"{prefix}{n}@desk.example", vendor="kingdee", product=world.kingdee.product)
        for n in range(count)
    )
    Mail.objects.bulk_create(
        Mail(mailbox=box, digest=box.address, kind="human", state="waiting", received_at=AT) for box in boxes
    )
    erased = Contact.objects.bulk_create(Contact(customer=world.kingdee.customer, name="***") for _n in range(count))
    Forgetting.objects.bulk_create(Forgetting(contact=one, reason="-", at=AT, counts={"chats": 1}) for one in erased)
    Heartbeat.objects.bulk_create(Heartbeat(kind="clock", host=f"{prefix}{n}", at=AT) for n in range(count))


def _add_one(world: World, code: str) -> None:
    lead = person(f"lead-{code}", "周组长", Role.LEAD)
    team = Team.objects.create(code=code, name="专家组", name_en="Experts", vendor="kingdee", lead=lead)
    member = person(f"member-{code}", "李坐席", team=team)
    branch = Branch.objects.create(
        code=code, name="分公司", name_en="Branch", vendor="kingdee", kind="branch", timezone="UTC", team=team
    )
    customer = _customer(code, branch, team)
    rota = Rota.objects.create(
        code=code, name="值班", name_en="Rota", team=team, starts_on=date(2026, 8, 31), hands_over_at=time(9)
    )
    RotaMember.objects.create(rota=rota, user=member, place=1)
    _catalogue(code)
    issue_key(name=code, scopes=["api"], at=AT, holder=Holder(member, customer))
    _work(world, member, code)


def _customer(code: str, branch: Branch, team: Team) -> Customer:
    customer = Customer.objects.create(code=code, name="客户", name_en="Customer")
    user = person(f"contact-{code}", "王会计", Role.CUSTOMER)
    Contact.objects.create(customer=customer, user=user, name="王会计", email=f"{code}@customer.example")
    contract = customer.contracts.create(
        plan=Plan.objects.current().get(code="kingdee-advanced"), number=code, starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31), branch=branch, team=team,
    )  # fmt: skip
    _account(contract)
    return customer


def _account(contract: Contract) -> None:
    """Add what a contract is given, owes and was changed in, and the news of it."""
    item = contract.plan.items.order_by("pk").first()
    window = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
    quota = Quota.objects.create(contract=contract, item=item, unit="times", period="year", amount=1, **window)
    QuotaEntry.objects.create(
        quota=quota, position=1, kind="grant", granted=1, left=1, at=AT, cause="按合同授予", cause_en="By the contract",
        key=contract.number,
    )  # fmt: skip
    ContractChange.objects.create(
        contract=contract, number=1, kind="signed", changed={"ends_on": [None, "2026-12-31"]}, at=AT, on=AT.date()
    )
    Obligation.objects.create(
        contract=contract, item=item, number=1, of=4, opens_on=date(2026, 1, 1), due_on=date(2026, 3, 31), what="报告",
        what_en="Report", laid_on=date(2026, 1, 1),
    )  # fmt: skip
    AccountNotice.objects.create(
        contract=contract, kind="term_ending", to=["success_manager"], key=contract.number, at=AT, not_before=AT
    )


def _catalogue(code: str) -> None:
    Product.objects.create(code=code, name="产品", name_en="Product", vendor="kingdee")
    base = Plan.objects.current().get(code="kingdee-advanced")
    plan = Plan.objects.create(
        code=code, version=1, vendor="kingdee", name="计划", name_en="Plan", seal="高", rank=1, includes=base,
        source="-", digest="-",
    )  # fmt: skip
    Item.objects.create(
        plan=plan, promise="K99", service="ticket", section="§1", name="项", name_en="Item", clause="条", clause_en="C"
    )
    policy = Policy.objects.create(code=code, version=1, name="标准", name_en="Policy", digest="-")
    policy.targets.create(
        metric="resolution", amount=Decimal(60), calendar="kingdee-5x8", met_on=["resolve"], promise="K99", clause="条"
    )
    hours = CalendarVersion.objects.current().get(code="kingdee-5x8")
    hours.pk, hours.code = None, code
    hours.save(force_insert=True)


def _work(world: World, owner: User, code: str) -> None:
    ticket: Ticket = world.open_ticket(code)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=owner)
    milestone = Milestone.objects.filter(clock__ticket_clock__ticket=ticket).first()
    assert milestone is not None
    Escalation.objects.create(
        milestone=milestone, due_at=AT, level=7, mark="breach", step_at=AT, fired_at=AT + timedelta(seconds=1),
        actions=[{"do": "tell", "roles": ["owner"]}], retry_at=AT,
    )  # fmt: skip
    InboundEvent.objects.create(channel=Channel.IM, raw=b"{}", received_at=AT, external_id=code, ticket=ticket)
    Chat.objects.create(
        code=f"IM-{code}", vendor="yonsuite", opened_at=AT, ticket=ticket, customer=ticket.customer, assignee=owner
    )
    post = Post.objects.create(
        code=f"B-{code}", vendor="yonsuite", kind="question", title=code, body="-", author_display="王会计", at=AT,
        last_at=AT, ticket=ticket, customer=ticket.customer, product=ticket.product,
    )  # fmt: skip
    said = post.comments.create(author_display="李坐席", body="-", at=AT)
    PostBack.objects.create(comment=said, mark=f"shouyue-{code}", queued_at=AT, not_before=AT)
