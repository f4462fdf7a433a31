"""What the demo's customers can look up, what they read and looked for, and what they still had to ask."""

from datetime import datetime, timedelta

from plans.models import Contact
from tickets.actions.knowledge.reading import finish, judge, open_article
from tickets.actions.knowledge.searching import note_asked, note_opened, note_search, note_solved
from tickets.actions.knowledge.stocking import stock
from tickets.demo.script import FOLDER
from tickets.knowledge.finding import search
from tickets.knowledge.loading import read
from tickets.models import Article, LearningPath, Search

SHELVES = sorted((FOLDER / "articles").glob("*.yaml"))
AUTHOR = "知识运营"
# What was typed, by whose product, and whether an article answered it.
LOOKED_FOR = {
    "yonsuite": (
        ("结账 未审核凭证", True), ("批量改价", False), ("401", True), ("权限", True), ("批量改价", False),
        ("盘点", True),
    ),
    "kingdee": (
        ("存货核算 成本为零", True), ("发票池", False), ("税申报", True), ("报表慢", False), ("多组织合并", False),
    ),
}  # fmt: skip
# Every third of them had looked in vain before they asked.
ASKED_AFTER_ALL = 3


def fill(*, now: datetime) -> None:
    """Put articles and paths in place, and let some contacts have read and looked for some."""
    stock(libraries=read(SHELVES), author=AUTHOR, at=now - timedelta(days=40))
    for number, contact in enumerate(Contact.objects.exclude(user=None).order_by("pk")[::4][:12]):
        _read(contact, number, now - timedelta(days=20 - number))
        _look_for(contact, number, now - timedelta(days=12 - number, minutes=90))


def _read(contact: Contact, number: int, at: datetime) -> None:
    if contact.user is None:
        return
    seen = Article.objects.visible_to(contact.user).filter(kind__in=("guide", "fix", "class")).order_by("pk")
    for place, article in enumerate(seen[: 2 + number % 3]):
        open_article(article=article, user=contact.user, at=at)
        verdict = "unhelpful" if (place + number) % 5 == 0 else "helpful"
        judge(article=article, user=contact.user, verdict=verdict, words="", at=at)
    for step in LearningPath.objects.filter(vendor__in=seen.values("vendor"))[:1].get().steps.all()[: number % 4]:
        finish(article=step.article, user=contact.user, at=at)


def _look_for(contact: Contact, number: int, at: datetime) -> None:
    if contact.user is None:
        return
    seen = Article.objects.visible_to(contact.user)
    vendor = seen.values_list("vendor", flat=True)[:1].get()
    words, is_answered = LOOKED_FOR[vendor][number % len(LOOKED_FOR[vendor])]
    found = search(seen, words)
    kept = note_search(contact=contact, words=words, place=Search.Place.HELP, found=found, vendor=vendor, at=at)
    ticket = contact.tickets.order_by("-opened_at").first()
    if ticket and number % ASKED_AFTER_ALL == 0:
        before = ticket.opened_at - timedelta(minutes=8)
        typed, place = ticket.subject, Search.Place.FORM
        note_search(contact=contact, words=typed, place=place, found=search(seen, typed), vendor=vendor, at=before)
        note_asked(ticket=ticket, at=ticket.opened_at)
    if found:
        note_opened(search=kept, article=found[0].article)
    if found and is_answered:
        note_solved(search=kept, article=None, at=at + timedelta(minutes=3))
