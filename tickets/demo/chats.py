"""Chats of the demo: one that the bot answered, one that waits, one with a person and a ticket; and who is there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from plans.models import Product, User
from plans.models.people import Language
from sla.compiled import calendar_named
from tickets.actions import chat as acts
from tickets.actions.chat import Place, canned
from tickets.actions.chat.furnishing import keep_site
from tickets.actions.visiting import Arrival, let_in
from tickets.demo.cast import Cast
from tickets.models import Chat, Site

SITE, SECRET = "demo", "demo-site-secret-for-trying-out"
# Nobody has the demo's desk open: until tomorrow they are not missed, so that there is something to see.
NOT_MISSED = timedelta(days=1)
READY = (
    ("yonsuite", "hello", "问候", "您好，请稍等，我看一下您的问题。", "Hello, let me look at your question."),
    ("yonsuite", "close", "结账检查", "请先在“月末结账”里点【检查】，把红色的一项截图给我。",
     "Please press “Check” in “Month-end closing” and send me a picture of the red line."),
    ("yonsuite", "ticket", "转为工单", "这个问题要专家分析，我帮您提交为工单，之后的进展都在工单里。",
     "This needs an expert; I will send it as a ticket, where you can follow it."),
    ("kingdee", "hello", "问候", "您好，请稍等，我看一下您的问题。", "Hello, let me look at your question."),
    ("kingdee", "cost", "成本为零", "请先检查物料的计价方法，再补暂估价，然后重新核算本期。",
     "Please check the costing method, add estimated prices, then cost the period again."),
)  # fmt: skip


def talk(cast: Cast, *, now: datetime) -> None:
    """Let the demo's people have talked, and be there; outside hours the last ones talked when the desk was open."""
    _furnish(cast)
    _answered_by_the_bot(cast, now)
    _rated(cast, _open_hour("yonsuite-7x12", now - timedelta(hours=20)))
    _waiting(cast, _open_hour("yonsuite-7x12", now - timedelta(minutes=2)))
    _with_a_person(cast, _open_hour("kingdee-7x8", now - timedelta(minutes=9)))
    for username in ("qiu.jiahui", "deng.ruolan"):
        acts.set_presence(user=cast.users[username], is_available=True, at_most=4, at=now)
        acts.still_here(user=cast.users[username], at=now + NOT_MISSED)


def _open_hour(calendar: str, at: datetime) -> datetime:
    """Return an instant, or the last half hour before the desk closed."""
    hours = calendar_named(calendar).calendar
    if hours.is_open(at):
        return at
    opened = [opening.end for opening in hours.openings(at - timedelta(days=15), at)]
    return opened[-1] - timedelta(minutes=30)


def _furnish(cast: Cast) -> None:
    keep_site(
        row=Site(
            code=SITE, name="演示产品", name_en="Demo product", vendor="yonsuite", secret=SECRET,
            product=cast.products["yonsuite-finance"], allows_anonymous=True,
        )
    )  # fmt: skip
    for words in READY:
        canned.keep(words=canned.Words(*words, is_shared=True), actor=cast.users["zheng.hao"])


def _chat(cast: Cast, who: str, product: Product, at: datetime) -> Chat:
    contact = cast.contacts[who]
    language = Language.ENGLISH if contact.reads == Language.ENGLISH else Language.CHINESE
    place = Place(product.vendor, product, language=language, module="总账", page="https://erp.example/gl/close")
    visitor, _token = let_in(arrival=Arrival(site=None, contact=contact, language=language), at=at)
    return acts.open_chat(visitor=visitor, place=place, at=at)


def _customer(chat: Chat, body: str, at: datetime) -> None:
    if chat.visitor:
        acts.say(chat=chat, speaker=chat.visitor, body=body, at=at)


def _agent(chat: Chat, user: User, said: Mapping[int, str], since: datetime) -> None:
    for minutes, body in said.items():
        acts.say(chat=chat, speaker=user, body=body, at=since + timedelta(minutes=minutes))


def _answered_by_the_bot(cast: Cast, now: datetime) -> None:
    at = now - timedelta(hours=11)
    chat = _chat(cast, "lt-fangl", cast.products["yonsuite-finance"], at)
    _customer(chat, "结账提示存在未审核凭证，但查不到", at + timedelta(seconds=20))
    said = chat.messages.filter(fields__known=True).first()
    if said:
        acts.judge(message=said, is_helpful=True, at=at + timedelta(minutes=1))
    _customer(chat, "谢谢", at + timedelta(minutes=1))
    acts.end(chat=chat, actor=chat.visitor, at=at + timedelta(minutes=2))


def _rated(cast: Cast, at: datetime) -> None:
    agent = cast.users["qiu.jiahui"]
    chat = _chat(cast, "lt-xuzx", cast.products["yonsuite-finance"], at)
    _customer(chat, "人工", at)
    acts.accept(chat=chat, agent=agent, at=at + timedelta(seconds=40))
    _agent(chat, agent, {1: "您好，我是邱佳慧，请说。"}, at)
    _customer(chat, "凭证打印模板里怎么加上制单人？", at + timedelta(minutes=2))
    _agent(chat, agent, {3: "在打印模板设计里，把“制单人”字段拖到表尾，保存后重新选用模板就行。"}, at)
    _customer(chat, "好了，谢谢！", at + timedelta(minutes=5))
    acts.end(chat=chat, actor=agent, at=at + timedelta(minutes=6))
    acts.rate(chat=chat, rating=5, words="答得快。", at=at + timedelta(minutes=7))


def _waiting(cast: Cast, at: datetime) -> None:
    chat = _chat(cast, "hy-luojia", cast.products["yonsuite-finance"], at)
    _customer(chat, "固定资产折旧重算后和总账对不上", at)
    _customer(chat, "人工", at + timedelta(seconds=30))
    _customer(chat, "差额是 12,460.50，今天要出报表。", at + timedelta(seconds=50))


def _with_a_person(cast: Cast, at: datetime) -> None:
    agent = cast.users["deng.ruolan"]
    chat = _chat(cast, "xy-huangyt", cast.products["galaxy"], at)
    _customer(chat, "存货核算后成本为零怎么办", at)
    _customer(chat, "转人工", at + timedelta(minutes=1))
    acts.accept(chat=chat, agent=agent, at=at + timedelta(minutes=1, seconds=30))
    _agent(chat, agent, {2: "您好，我看到您的问题了。计价方法是加权平均吗？"}, at)
    _customer(chat, "是的，暂估也补过价了，还是零。", at + timedelta(minutes=3))
    acts.say(
        chat=chat,
        speaker=agent,
        body="像是跨组织调拨的核算顺序，转专家看。",
        at=at + timedelta(minutes=4),
        is_whisper=True,
    )
    asked = acts.Asked(
        "存货核算后成本仍为零", body="加权平均，暂估已补价，9 月仍为零。", product=cast.products["galaxy"]
    )
    acts.open_ticket_from(chat=chat, asked=asked, actor=agent, at=at + timedelta(minutes=5))
    _agent(chat, agent, {6: "已为您提交工单，专家会接着查；有进展我在这里告诉您。"}, at)
