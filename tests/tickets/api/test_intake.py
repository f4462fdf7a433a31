"""What comes in by REST becomes a ticket, or is refused in the words of the contract; nothing accepted is lost."""

import json
from datetime import datetime, timedelta

import pytest

from plans.actions.keys import rotate_key
from plans.actions.terms import end
from plans.models import ApiKey, Contact, Customer
from sla.clock import database_now
from tests.clocks import clock_at
from tests.keys import new_key
from tests.world import ENDS
from tickets.models import Delivery, InboundEvent, Ticket

ANSWER = {"ticket", "url", "status", "entrance", "decision", "plan", "milestones"}
DECISION = {"outcome", "promise", "clause", "reason", "ways_on"}
MILESTONE = {"metric", "state", "started_at", "due_at", "calendar", "promise"}
NOON_MONDAY = "2026-09-28 10:00"


def only_event():
    return InboundEvent.objects.get()


@pytest.mark.parametrize("channel", ["im", "hotline", "portal", "community", "in_product"])
def test_each_channel_opens_a_ticket_and_says_by_when_and_by_which_clause__Y07(post, body, channel):
    with clock_at(NOON_MONDAY):
        answer = post(body | {"priority": "urgent"}, channel)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said.keys() >= ANSWER
    assert said["decision"].keys() == DECISION
    assert (said["status"], said["entrance"], said["decision"]["outcome"]) == ("new", channel, "covered")
    assert said["plan"] == {"code": "yonsuite-premier", "rank": 40}
    (milestone,) = said["milestones"]
    assert milestone.keys() >= MILESTONE
    assert (milestone["metric"], milestone["state"], milestone["promise"]) == ("first_response", "running", "Y18")
    assert milestone["calendar"] == "yonsuite-7x12"
    started = datetime.fromisoformat(milestone["started_at"])
    assert datetime.fromisoformat(milestone["due_at"]) - started == timedelta(hours=2)
    ticket = Ticket.objects.get(number=said["ticket"])
    assert (ticket.channel, ticket.subject, ticket.external_id) == (channel, body["subject"], "form-1")
    event = only_event()
    assert (event.state, event.ticket, event.external_id) == ("accepted", ticket, "form-1")
    assert json.loads(bytes(event.raw)) == body | {"priority": "urgent"}


def test_a_kingdee_ticket_is_answered_within_half_a_working_day__K02(post, kingdee_body):
    with clock_at(NOON_MONDAY):
        said = post(kingdee_body, "community").json()
    (milestone,) = said["milestones"]
    assert (milestone["calendar"], milestone["promise"]) == ("kingdee-5x8", "K02")
    assert milestone["due_at"][:16] == "2026-09-28T07:00"


def test_a_customer_is_told_when_the_desk_opens_next__C47(post, kingdee_body):
    with clock_at("2026-11-21 10:00"):  # a Saturday
        (milestone,) = post(kingdee_body).json()["milestones"]
    assert milestone["opens_at"] == "2026-11-23T00:30:00Z"
    assert milestone["due_at"] == "2026-11-23T05:30:00Z"  # 13:30: lunch is skipped
    assert milestone["started_at"][:16] == "2026-11-21T02:00"


def test_every_channel_gives_the_same_deadline__C20(post, body):
    at = "2026-09-28T09:00:00+08:00"
    with clock_at(NOON_MONDAY):
        answers = [
            post(body | {"occurred_at": at, "external_id": channel}, channel).json()["milestones"][0]["due_at"]
            for channel in ("im", "hotline", "portal", "community", "in_product")
        ]
    assert answers == ["2026-09-28T03:00:00Z"] * 5


def test_what_happened_earlier_counts_from_then(post, body):
    with clock_at(NOON_MONDAY):
        said = post(body | {"occurred_at": "2026-09-28T08:40:00+08:00"}).json()
    assert said["milestones"][0]["started_at"] == "2026-09-28T00:40:00Z"
    assert Ticket.objects.get().opened_at.isoformat() == "2026-09-28T00:40:00+00:00"
    assert Delivery.objects.get().queued_at > Ticket.objects.get().opened_at


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(minutes=4, seconds=50), 201),
        (timedelta(minutes=5, seconds=10), 422),
        (-timedelta(days=89, hours=23), 201),
        (-timedelta(days=90, minutes=1), 422),
    ],
)
def test_an_instant_may_be_five_minutes_ahead_and_ninety_days_back(post, body, off, status):
    answer = post(body | {"occurred_at": (database_now() + off).isoformat()})
    assert answer.status_code == status
    if status == 201:
        assert Ticket.objects.get().opened_at <= database_now()
    else:
        assert [one["field"] for one in answer.json()["errors"]] == ["occurred_at"]
        assert only_event().state == "refused"


def test_all_that_is_known_is_kept__K02(post, body):
    known = {"module": "总账", "tenant": "t-1", "version": "V5R3", "environment": "生产", "error_code": "GL-1"}
    post(body | known | {"priority": "high", "contract": "C-Y-1"}, "in_product")
    ticket = Ticket.objects.get()
    assert {name: getattr(ticket, name) for name in known} == known
    assert (ticket.priority, ticket.contract.number) == ("high", "C-Y-1")


@pytest.mark.parametrize("by", ["id", "email", "phone", "external_id"])
def test_a_contact_is_found_by_each_of_its_names(post, body, world, by):
    contact = world.yonsuite.contact
    answer = post(body | {"contact": {by: getattr(contact, "pk" if by == "id" else by)}})
    assert answer.status_code == 201
    assert Ticket.objects.get().contact == contact


@pytest.mark.parametrize("written", ["+8613800000001", "0086 138 0000 0001", "138-0000-0001", "13800000001"])
@pytest.mark.parametrize("stored", ["13800000001", "+86 138 0000 0001"])
def test_a_phone_number_is_the_same_however_it_is_written__Y08(post, body, world, written, stored):
    Contact.objects.filter(pk=world.yonsuite.contact.pk).update(phone=stored)
    assert post(body | {"contact": {"phone": written}}, "hotline").status_code == 201


def test_two_people_with_one_number_are_not_guessed_between(post, body, world):
    Contact.objects.all().update(phone="13900000000")
    answer = post(body | {"contact": {"phone": "13900000000"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "ambiguous_contact")
    assert answer.json()["ways_on"]


def refusal(answer, code, status=422):
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), said
    assert answer["Content-Type"] == "application/problem+json"
    assert said.keys() >= {"type", "title", "status", "detail", "code"}
    assert said["status"] == status
    return said


def refused_and_kept(answer, code, status=422):
    said = refusal(answer, code, status)
    assert Ticket.objects.count() == 0
    assert InboundEvent.objects.get(pk=said["intake"]).state == "refused"
    return said


@pytest.mark.parametrize(
    "contact", [{"email": "nobody@c-y-1.example"}, {"id": 999999}, {"phone": "1"}, {"phone": "13899999999"}]
)
def test_an_unknown_contact_is_told_what_to_do(post, body, contact):
    assert refused_and_kept(post(body | {"contact": contact}), "unknown_contact")["ways_on"]


def test_contacts_of_other_customers_are_as_unknown_as_nobody_is(post, body, world):
    key = new_key("intake:portal", customer=world.yonsuite.customer)
    other = refused_and_kept(post(body | {"contact": {"id": world.stranger.pk}}, key=key), "unknown_contact")
    nobody = refusal(post(body | {"contact": {"id": 999999}}, key=key), "unknown_contact")
    assert other | {"intake": 0} == nobody | {"intake": 0}
    assert post(body, key=key).status_code == 201


def test_a_deactivated_contact_is_unknown(post, body, world):
    Contact.objects.filter(pk=world.yonsuite.contact.pk).update(is_active=False)
    refused_and_kept(post(body), "unknown_contact")
    Customer.objects.update(is_active=False)
    Contact.objects.update(is_active=True)
    refusal(post(body), "unknown_contact")


def test_an_unknown_product_or_contract_is_named(post, body):
    refused_and_kept(post(body | {"product": "spreadsheet"}), "unknown_product")
    refusal(post(body | {"contract": "C-S-1"}), "unknown_contract")


def test_a_key_of_one_product_opens_no_ticket_about_another(post, body, world):
    refused_and_kept(post(body, key=new_key("intake:portal", product=world.kingdee.product)), "unknown_product")


@pytest.mark.parametrize(
    ("change", "promise"),
    [({"category": "customisation"}, "K02"), ({"category": "third_party"}, "K02")],
)
def test_an_excluded_category_is_refused_by_its_clause__K02(post, kingdee_body, change, promise):
    said = refused_and_kept(post(kingdee_body | change), "not_covered")
    assert said["promise"] == promise
    assert said["clause"]
    assert said["ways_on"]


def test_an_uncertified_contact_is_refused__K02(post, kingdee_body, world):
    said = refused_and_kept(post(kingdee_body | {"contact": {"id": world.uncertified.pk}}), "not_covered")
    assert said["promise"] == "K02"


def test_a_term_that_is_over_is_refused(post, body, world):
    end(contract=world.yonsuite.contract, on=database_now().date() - timedelta(days=3))
    assert ENDS.isoformat() not in refused_and_kept(post(body), "not_covered")["clause"]


def test_a_product_that_the_contract_does_not_hold_is_refused(post, body):
    refused_and_kept(post(body | {"product": "yonsuite-hr"}), "not_covered")


def test_a_chat_outside_its_product_list_is_redirected_to_a_ticket__K03(post, kingdee_body):
    said = post(kingdee_body | {"category": "fault"}, "im").json()
    assert said["decision"]["outcome"] == "redirected"
    assert said["decision"]["promise"] == "K03"
    assert said["ticket"]


def test_the_same_external_id_may_come_again_after_a_refusal(post, kingdee_body, world):
    refused_and_kept(post(kingdee_body | {"category": "customisation"}), "not_covered")
    assert post(kingdee_body).status_code == 201
    assert InboundEvent.objects.filter(external_id="form-1").count() == 2


def test_a_repeat_of_an_external_id_gives_the_same_ticket(post, body):
    first = post(body)
    again = post(body)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert "Idempotent-Replayed" not in first
    assert again.json()["ticket"] == first.json()["ticket"]
    assert "body_differs" not in again.json()
    assert Ticket.objects.count() == 1
    assert Delivery.objects.count() == 1


def test_a_repeat_with_another_body_says_so_and_is_kept(post, body):
    first = post(body).json()
    again = post(body | {"body": "另一段话"})
    assert again.json()["body_differs"] is True
    assert again.json()["ticket"] == first["ticket"]
    kept = InboundEvent.objects.order_by("pk").last()
    assert "另一段话" in bytes(kept.raw).decode()
    assert (kept.state, kept.ticket.number) == ("accepted", first["ticket"])


def test_spaces_and_order_do_not_make_another_body(post, body):
    post(body)
    spaced = json.dumps(dict(reversed(body.items())), indent=3).encode()
    assert "body_differs" not in post(spaced).json()


def test_external_ids_of_another_key_are_others(post, body):
    assert post(body).json()["ticket"] != post(body, key=new_key("intake:portal")).json()["ticket"]


def test_a_rotated_key_knows_what_the_old_one_sent(post, body):
    secret = new_key("intake:portal")
    first = post(body, key=secret).json()
    _new, rotated = rotate_key(key=ApiKey.objects.get(), at=database_now())
    assert post(body, key=rotated).json()["ticket"] == first["ticket"]


def test_a_key_with_the_same_body_is_answered_as_before__C44(post, body):
    first = post(body, HTTP_IDEMPOTENCY_KEY="k-1")
    again = post(body, HTTP_IDEMPOTENCY_KEY="k-1")
    assert again.json() == first.json()
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert Ticket.objects.count() == 1
    assert [event.ticket.number for event in InboundEvent.objects.all()] == [first.json()["ticket"]] * 2


def test_a_key_with_another_body_is_a_mismatch__C44(post, body):
    post(body, HTTP_IDEMPOTENCY_KEY="k-1")
    refusal(post(body | {"external_id": "form-2"}, HTTP_IDEMPOTENCY_KEY="k-1"), "idempotency_mismatch")
    assert Ticket.objects.count() == 1


def test_keys_are_apart_by_credential_and_route(post, body):
    tickets = {
        post(body, HTTP_IDEMPOTENCY_KEY="k-1").json()["ticket"],
        post(body, key=new_key("intake:portal"), HTTP_IDEMPOTENCY_KEY="k-1").json()["ticket"],
        post(body, "im", HTTP_IDEMPOTENCY_KEY="k-1").json()["ticket"],
    }
    assert len(tickets) == 3


def test_a_refusal_by_the_plan_is_answered_as_before_and_a_wrong_form_is_not(post, kingdee_body):
    wrong = kingdee_body | {"category": "customisation"}
    first = refusal(post(wrong, HTTP_IDEMPOTENCY_KEY="k-1"), "not_covered")
    again = post(wrong, HTTP_IDEMPOTENCY_KEY="k-1")
    assert (again.json(), again["Idempotent-Replayed"]) == (first, "true")
    refusal(post({}, HTTP_IDEMPOTENCY_KEY="k-2"), "invalid")
    assert post(kingdee_body, HTTP_IDEMPOTENCY_KEY="k-2").status_code == 201


@pytest.mark.parametrize("key", ["'; drop table--", "键", "x" * 255])
def test_any_text_of_255_characters_is_a_key(post, body, key):
    first = post(body, HTTP_IDEMPOTENCY_KEY=key)
    assert post(body, HTTP_IDEMPOTENCY_KEY=key).json() == first.json()


def test_a_longer_text_is_no_key(post, body):
    refusal(post(body, HTTP_IDEMPOTENCY_KEY="x" * 256), "bad_idempotency_key", 400)
    assert InboundEvent.objects.count() == 0


def test_intake_takes_few_questions(post, body, django_assert_max_num_queries):
    for number in range(2):
        post(body | {"external_id": f"warm-{number}"})
    # Two of them are the savepoints that a test has in place of a transaction's begin and end.
    with django_assert_max_num_queries(11):
        post(body)


def test_an_answer_is_in_one_language_that_of_who_asked__K02(post, kingdee_body, world):
    chinese = post(kingdee_body | {"external_id": "zh"}, HTTP_ACCEPT_LANGUAGE="en").json()
    assert chinese["decision"]["clause"].startswith("§3.1.2 解决产品使用过程中")
    assert chinese["milestones"][0]["clause"].startswith("§3.1.2(5) 0.5 个工作日内响应")
    Contact.objects.filter(pk=world.kingdee.contact.pk).update(language="en")
    english = post(kingdee_body | {"external_id": "en"}).json()
    assert english["decision"]["clause"].startswith("§3.1.2 Questions of use")
    assert english["milestones"][0]["clause"].startswith("§3.1.2(5) Response within 0.5 working day")
