"""Reports in the portal: looked at, signed by name and fingerprint, objected to, or taken note of."""

import pytest
from django.test import Client

from plans.models import Contact, Deliverable, DeliverableStep
from tests.clocks import clock_at
from tests.plans.deliverables.papers import PDF, granted, handed, last
from tests.tickets.portal.test_engagement_pages import signed_in
from tests.world import World

NOW = "2026-10-08 10:00"


@pytest.fixture
def now():
    with clock_at(NOW):
        yield


@pytest.fixture
def waiting(world: World) -> Deliverable:
    """Return a report that waits for the Kingdee contact, whose contract grants eight person-days."""
    granted(world.kingdee.contract, 8)
    return handed(world.kingdee, world.technical_manager, title_en="Report on the September closing")


def page_of(deliverable: Deliverable) -> str:
    return f"/portal/service/{deliverable.contract.number}/deliverables/{deliverable.number}/"


def do(client: Client, deliverable: Deliverable, action: str, **said):
    return client.post(f"{page_of(deliverable)}act/", {"action": action, **said})


def test_a_contact_reads_the_days_opens_the_file_and_signs__K06(world: World, now: None, waiting: Deliverable):
    client, row = signed_in(world.kingdee.contact), last(waiting)
    assert "九月结账" in client.get("/portal/service/C-K-1/deliverables/").content.decode()
    text = client.get(page_of(waiting)).content.decode()
    for said in (
        "10月14日",
        "还有 4 个工作日",
        "第 1 个工作日",
        "送达当日，不计",
        "扣减 2 人天，现有 8 人天",
        row.digest,
    ):
        assert said in text, said
    file = row.files.get()
    saved = client.get(f"/deliverable-files/{file.pk}/")
    assert (saved.content, saved["Content-Disposition"].partition(";")[0]) == (PDF, "attachment")
    shown = client.get(f"/deliverable-files/{file.pk}/?show")
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert DeliverableStep.objects.filter(kind="opened").count() == 1, "told once, however often it is opened"
    unread = do(client, waiting, "sign", name="刘主管", digest=row.digest)
    assert (unread.status_code, "请先查看文件" in unread.content.decode()) == (422, True)
    assert do(client, waiting, "sign", name="刘主管", digest=row.digest, has_read="on").status_code == 302
    assert "签名：刘主管" in client.get(page_of(waiting)).content.decode()
    again = do(client, waiting, "sign", name="刘主管", digest=row.digest, has_read="on")
    assert again.status_code == 409
    assert "不能再签字" in again.content.decode()


def test_an_objection_needs_words_and_is_kept__K06(world: World, now: None, waiting: Deliverable):
    client = signed_in(world.kingdee.contact)
    assert do(client, waiting, "object", words="  ").status_code == 422
    assert do(client, waiting, "object", words="第 3 页数字不对").status_code == 302
    text = client.get(page_of(waiting)).content.decode()
    assert "第 3 页数字不对" in text
    assert "签字确认</button>" not in text


def test_what_needs_no_signature_is_acknowledged__Y13(world: World, now: None):
    plan = handed(world.yonsuite, world.success_manager, service="planning", kind="blueprint", person_days=None)
    client = signed_in(world.yonsuite.contact)
    assert "已知悉</button>" in client.get(page_of(plan)).content.decode()
    assert do(client, plan, "acknowledge").status_code == 302
    assert last(plan).outcome == "acknowledged"


def test_strangers_and_colleagues_find_nothing__K06(world: World, now: None, waiting: Deliverable):
    for contact in (world.stranger, world.uncertified):
        client = signed_in(Contact.objects.get(pk=contact.pk))
        assert client.get(page_of(waiting)).status_code == 404
        assert do(client, waiting, "sign", name="x", digest="y", has_read="on").status_code == 404
        assert client.get(f"/deliverable-files/{last(waiting).files.get().pk}/").status_code == 404


def test_the_page_is_english_for_english_readers__K06(world: World, now: None, waiting: Deliverable):
    text = signed_in(world.kingdee.contact, language="en").get(page_of(waiting)).content.decode()
    for said in (
        "Report on the September closing",
        "Working day 5",
        "2 person-days to be deducted of 8 person-days left",
    ):
        assert said in text, said
    for said in ("签字", "交付", "工作日", "扣减"):
        assert said not in text, said


def test_a_silent_deadline_says_so_and_offers_no_form__K06(world: World, waiting: Deliverable):
    with clock_at("2026-10-14 17:30:01"):
        text = signed_in(world.kingdee.contact).get(page_of(waiting)).content.decode()
    assert "签字期限已过" in text
    assert "<textarea" not in text
