"""A contact who wishes to be forgotten: gone by name everywhere, while what happened and what counts stays."""

import pytest
from django.apps import apps
from django.test import Client

from plans.models import Contact, Customer, Role
from sla.clock import database_now
from sla.models import Milestone, Observation
from sla.refusals import ActionRefusedError
from tests.back_office import page
from tests.world import World, person
from tickets.actions.board import asking, talking
from tickets.actions.forgetting import NEUTRAL, forget
from tickets.actions.ticket import customer_message
from tickets.models import (
    Call,
    CallBack,
    CallEvent,
    Chat,
    ChatMessage,
    Delivery,
    Forgetting,
    InboundEvent,
    Mail,
    TicketEvent,
    Visitor,
)

pytestmark = pytest.mark.django_db
WHY = "本人 11 月 20 日书面申请，编号 7"


@pytest.fixture
def admin(world: World):
    return person("root", "管理员", Role.ADMIN)


def everything() -> str:
    """Return every value of every row that there is, bytes too."""
    said = [
        f"{model.__name__}: {bytes(value).decode(errors='replace') if isinstance(value, memoryview | bytes) else value}"
        for model in apps.get_models()
        for row in model._default_manager.values_list()
        for value in row
    ]
    return "\n".join(said)


def lived(world: World) -> Contact:
    """Return a contact who wrote, chatted, rang, posted, mailed and was trained; all of it is over."""
    contact, at = world.yonsuite.contact, database_now()
    Customer.objects.update(name="某公司")
    ticket = world.open_ticket("王会计：月结报错", body=f"我是王会计，{contact.email}，电话 {contact.phone}。")
    customer_message(ticket=ticket, contact=contact, body="请回复 王会计", at=at)
    type(ticket).objects.filter(pk=ticket.pk).update(status="closed")
    Delivery.objects.filter(ticket=ticket).update(state="sent", rendered=b"To: " + contact.email.encode())
    InboundEvent.objects.create(
        channel="im", raw=contact.name.encode(), received_at=at, state="accepted", ticket=ticket
    )
    said = f'{{"contact": {{"email": "{contact.email}"}}}}'.encode()
    InboundEvent.objects.create(channel="im", raw=said, received_at=at, state="refused")
    colleague = Contact.objects.create(customer=contact.customer, name="赵同事")
    other = world.open_ticket("另一张", contact=colleague, body="问过 王会计")
    TicketEvent.objects.filter(ticket=other).update(fields={"words": "请联系“王会计”", "n": 1.5, "who": None})
    event = InboundEvent.objects.create(channel="email", raw=contact.email.encode(), received_at=at, state="passed")
    Mail.objects.create(
        event=event, digest="x", kind="human", state="added", received_at=at, from_name="王会计", ticket=ticket,
        from_address=contact.email.upper(), to=[contact.email], words="此致 王会计", html="<p>王会计</p>",
    )  # fmt: skip
    visitor = Visitor.objects.create(contact=contact, token_hash="t", expires_at=at)
    chat = Chat.objects.create(
        code="C-1", vendor="yonsuite", visitor=visitor, contact=contact, state="ended", opened_at=at, message_count=1
    )
    ChatMessage.objects.create(
        chat=chat, number=1, author_kind="customer", author_display="王会计", body="王会计在此", at=at
    )
    call = Call.objects.create(
        code="L-1", state="ended", caller=contact.phone, contact=contact, rang_at=at, answered_at=at,
        recording_url="https://x.example/a.mp3", transcript=[{"who": "caller", "text": "我是王会计"}],
    )  # fmt: skip
    CallEvent.objects.create(call=call, kind="rang", key="1", at=at, fields={"caller": contact.phone, "agent": "801"})
    CallBack.objects.create(vendor="yonsuite", number=contact.phone, contact=contact, owed_at=at, done_at=at)
    draft = asking.Draft(world.yonsuite.product.vendor, "question", "王会计问", f"找我 {contact.email}")
    post = asking.ask(draft=draft, author=contact.user, at=at)
    asking.edit(post=post, title="问", body="王会计改过", actor=contact.user, at=at)
    talking.comment(post=post, body="王会计补一句", author=contact.user, at=at)
    return contact


def test_nothing_names_who_was_forgotten_and_nothing_that_counts_is_lost(world: World, admin):
    contact = lived(world)
    naming = {contact.name, contact.email, contact.phone, contact.external_id}
    before = everything()
    assert all(word in before for word in naming - {"E1"})
    kept = [model.objects.count() for model in (TicketEvent, Observation, Milestone, Delivery, Call, CallEvent)]
    due = list(Milestone.objects.values_list("due_at", flat=True))
    with pytest.raises(ActionRefusedError, match="姓名或联系方式"):
        forget(contact=contact, reason="王会计要求", actor=admin, at=database_now())
    row = forget(contact=contact, reason=WHY, actor=admin, at=database_now())
    after = everything()
    left = [line for line in after.lower().splitlines() for word in naming - {"E1"} if word.lower() in line]
    assert left == []
    assert kept == [model.objects.count() for model in (TicketEvent, Observation, Milestone, Delivery, Call, CallEvent)]
    assert due == list(Milestone.objects.values_list("due_at", flat=True))
    assert NEUTRAL in after
    assert {"tickets": 1, "chats": 1, "calls": 1, "mails": 1, "sign_in": 1}.items() <= row.counts.items()
    contact.refresh_from_db()
    assert (contact.is_active, contact.user.is_active, contact.user.has_usable_password()) == (False, False, False)
    assert Call.objects.get().answered_at
    assert TicketEvent.objects.filter(fields={"words": "请联系“***”", "n": 1.5, "who": None}).exists()
    with pytest.raises(ActionRefusedError, match="已经抹除"):
        forget(contact=contact, reason=WHY, actor=admin, at=database_now())


def test_nobody_is_forgotten_while_something_of_theirs_goes_on(world: World, admin):
    ticket, contact = world.open_ticket("月结报错"), world.yonsuite.contact
    client = Client()
    client.force_login(admin)
    said = {"contact": contact.pk, "reason": WHY}
    answer = client.post(page(Forgetting, "add"), said)
    assert f"还有未办结的事项：{ticket.number}" in answer.content.decode()
    with pytest.raises(ActionRefusedError, match="只有系统管理员"):
        forget(contact=contact, reason=WHY, actor=world.manager, at=database_now())
    type(ticket).objects.update(status="closed")
    done = client.post(page(Forgetting, "add"), said, follow=True).content.decode()
    row = Forgetting.objects.get()
    shown = client.get(page(Forgetting, "change", row.pk)).content.decode()
    assert (row.by, f"已抹除 {contact.pk}" in done, "王会计" in done + shown, "工单: 1" in shown) == (
        admin, True, False, True,
    )  # fmt: skip
    client.force_login(world.manager)
    assert client.post(page(Forgetting, "add"), said).status_code == 403
    told = client.get("/console/rules/keeping/").content.decode()
    assert ("已抹除 1 人" in told, "KEEP_RAW_DAYS" in told, "180 天" in told) == (True, True, True)
