"""Reports on the desk: handed over with files or made of the record, taken back, handed over anew."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from plans.actions.deliverables import withdraw
from plans.actions.engagements.delivering import Report, deliver, record
from plans.models import Deliverable, Engagement
from plans.models.people import User
from tests.hours import beijing
from tests.plans.deliverables.papers import PDF, granted, handed, last, right
from tests.plans.engagements.desk import agreed, asked, slot
from tests.world import World
from tickets.console.accounts.deliverables import page
from tickets.printing.press import PrintingError

TAB = "/console/accounts/C-K-1/deliverables/"


def as_(user: User, language: str = "zh-hans") -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client(headers={"Accept-Language": language})
    client.force_login(User.objects.get(pk=user.pk))
    return client


def page_of(deliverable: Deliverable) -> str:
    return f"/console/accounts/-/deliverables/{deliverable.number}/"


def recorded(world: World) -> Engagement:
    side = world.kingdee
    engagement = asked(side.contract, "critical_moment", side.contact)
    agreed(engagement, world.technical_manager, side.contact.user, slot("2026-03-20 09:00"))
    deliver(engagement=engagement, actor=world.technical_manager, at=beijing("2026-03-20 18:00"))
    said = Report("20:00 起值守，23:10 合并完成。")
    return record(engagement=engagement, report=said, actor=world.technical_manager, at=beijing("2026-03-21 09:00"))


def filled(world: World, **said):
    return {"title": "九月结账报告", "kind": "report", "addressee": world.kingdee.contact.pk, "person_days": "2"} | said


def test_a_file_is_handed_over_from_the_tab_and_waits_for_the_customer__K06(world: World):
    granted(world.kingdee.contract, 8)
    client = as_(world.technical_manager)
    assert "《关键时刻支持报告》" in client.get(TAB).content.decode()
    url = f"{TAB}new/?right={right(world.kingdee.contract).pk}"
    form = client.get(url).content.decode()
    assert "送达当日不计" in form
    answer = client.post(url, filled(world, files=SimpleUploadedFile("报告.pdf", PDF)))
    deliverable = Deliverable.objects.get()
    assert answer.url == page_of(deliverable)
    shown = client.get(answer.url).content.decode()
    for said in ("待签字确认", "10月12日", "第 5 个工作日", "扣减 2 人天，现有 8 人天", last(deliverable).digest):
        assert said in shown, said
    assert deliverable.number in client.get("/console/accounts/-/deliverables/").content.decode()


def test_the_desk_names_what_was_delivered_and_whose_report_is_not_handed_over__K06(world: World):
    engagement, client, desk = recorded(world), as_(world.technical_manager), "/console/accounts/-/deliverables/"
    link = f"{TAB}new/?engagement={engagement.number}"
    assert link in client.get(desk).content.decode()
    deliverable = handed(world.kingdee, world.technical_manager, engagement=engagement)
    assert link not in client.get(desk).content.decode()
    withdraw(deliverable=deliverable, reason="传错文件", actor=world.technical_manager, at=beijing("2026-10-08 09:00"))
    assert link in client.get(desk).content.decode()
    assert link not in as_(world.agent).get(desk).content.decode()


@pytest.mark.parametrize(("content", "said"), [
    (b"<html>", "不是可以交付的类型"), (b"", "请选一个文件"), (PDF + b"x" * (20 << 20), "文件合计最多 20 MB"),
])  # fmt: skip
def test_a_file_that_cannot_be_handed_over_is_refused_and_nothing_typed_is_lost__K06(world: World, content, said):
    url = f"{TAB}new/?right={right(world.kingdee.contract).pk}"
    files = {"files": SimpleUploadedFile("报告.pdf", content)} if content else {}
    answer = as_(world.technical_manager).post(url, filled(world) | files)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "九月结账报告" in answer.content.decode()
    assert not Deliverable.objects.exists()


def test_the_report_is_made_of_the_record_and_its_failure_is_told__K06_K12(world: World, monkeypatch):
    engagement, client = recorded(world), as_(world.technical_manager)
    assert "交付报告" in client.get(f"/console/accounts/-/engagements/{engagement.number}/").content.decode()
    url = f"{TAB}new/?engagement={engagement.number}"
    assert "先看一眼生成的报告" in client.get(url).content.decode()

    def fail(_engagement: Engagement) -> bytes:
        raise PrintingError("too slow")

    monkeypatch.setattr(page, "report_pdf", fail)
    typed = filled(world, engagement=engagement.pk, is_generated="on", person_days="")
    assert "报告没有生成成功" in client.post(url, typed).content.decode()
    monkeypatch.setattr(page, "report_pdf", lambda _engagement: PDF)
    preview = client.get(f"/console/accounts/-/engagements/{engagement.number}/report.pdf")
    assert (preview.content, preview["Content-Type"]) == (PDF, "application/pdf")
    assert client.post(url, typed).status_code == 302
    file = last(Deliverable.objects.get()).files.get()
    assert (file.name, file.is_generated) == (f"关键时刻支持报告-{engagement.number}.pdf", True)


def test_what_was_objected_to_is_handed_over_anew_and_an_open_round_can_be_taken_back__K06(world: World):
    deliverable, client = (
        handed(world.kingdee, world.technical_manager, "2026-09-28 09:00"),
        as_(world.technical_manager),
    )
    act = f"{page_of(deliverable)}act/"
    assert "先撤回这一轮" in client.post(act, {"action": "again"}).content.decode()
    assert client.post(act, {"action": "withdraw", "reason": ""}).status_code == 422
    assert client.post(act, {"action": "withdraw", "reason": "传错了"}).status_code == 302
    files = {"files": SimpleUploadedFile("第二稿.pdf", PDF)}
    assert client.post(act, {"action": "again", **files}).status_code == 302
    shown = client.get(page_of(deliverable)).content.decode()
    assert "第 2 轮" in shown
    assert "传错了" in shown


@pytest.mark.parametrize(("who", "read", "write"), [("agent", 404, 404), ("lead", 200, 302), ("expert", 404, 404)])
def test_only_the_accounts_people_see_and_change_it__K06(world: World, who, read, write):
    deliverable, client = handed(world.kingdee, world.technical_manager, "2026-09-28 09:00"), as_(getattr(world, who))
    assert client.get(page_of(deliverable)).status_code == read
    said = {"action": "withdraw", "reason": "x"}
    assert client.post(f"{page_of(deliverable)}act/", said).status_code == write


def test_an_english_reader_meets_no_chinese_of_ours__K06(world: World):
    granted(world.kingdee.contract, 8)
    deliverable = handed(world.kingdee, world.technical_manager, "2026-09-28 09:00", title_en="Closing report")
    client = as_(world.technical_manager, "en")
    for url in (TAB, page_of(deliverable), f"{TAB}new/?right={right(world.kingdee.contract).pk}"):
        text = client.get(url).content.decode()
        for said in ("签字", "交付", "工作日", "扣减"):
            assert said not in text, (url, said)
