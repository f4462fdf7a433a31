"""The demo's community: what customers asked each other and us lately, what was answered, and what waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from plans.actions.news import withhold_news
from plans.models import Contact, Product, User
from sla.compiled import CompiledCalendar, calendar_named
from tickets.actions.board import answering, asking, moderating, talking, ticketing
from tickets.actions.ticket import reply, resolve
from tickets.demo.stage import catch_up
from tickets.demo.timetable import BEIJING
from tickets.models import Comment, Post, Topic

WITHHELD = "demo history: older than half a day when the demo was set up"
MAILED = timedelta(hours=12)
DAY = {"yonsuite": timedelta(hours=12), "kingdee": timedelta(hours=8)}
HOURS = {"yonsuite": "yonsuite-7x12", "kingdee": "kingdee-5x8"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A post of the demo: who wrote it how many days ago, and what it says."""

    by: str
    days: int
    vendor: str
    kind: str
    title: str
    body: str
    topic: str = ""
    product: str = ""


ANSWERED = Asked(
    "hy-luojia", 9, "yonsuite", "question", "期初余额导错了科目，能清空重新导入吗？",
    "新账套启用第一天，往来科目的期初导到了**应付账款**下面。\n\n- 还没有录凭证\n- 辅助核算已经设好\n\n"
    "可以直接清空重来吗，还是要逐条改？",
    "starting", "yonsuite-finance",
)  # fmt: skip
TURNED = Asked(
    "lt-chenyh", 6, "yonsuite", "question", "盘点差异单审核后，怎么看是哪一仓调的？",
    "两个仓一起盘点，审核后只看到一张汇总的差异单。想按仓库看明细，报表里没有找到。", "", "yonsuite-supply-chain",
)  # fmt: skip
DUE_SOON = Asked(
    "ml-zhaocg", 0, "yonsuite", "question", "批量付款单能按银行分组导出吗？",
    "出纳每天要按三家银行分别导出付款文件，现在是导出后手工拆分。有没有现成的分组？", "", "yonsuite-finance",
)  # fmt: skip
IDEA = Asked(
    "hy-wangsy", 20, "yonsuite", "idea", "月结检查支持保存自己的检查清单",
    "每个月检查的项目基本一样。希望可以把常用的检查项存成模板，下个月一键勾选，缺哪一项直接提示。",
    "year-end", "yonsuite-finance",
)  # fmt: skip
DECLINED = Asked(
    "zy-mengl", 34, "yonsuite", "idea", "凭证审核后允许直接修改摘要", "摘要里有错字还要反审核，能不能只放开摘要？", "",
    "yonsuite-finance",
)  # fmt: skip
SHARED = Asked(
    "tr-yanj", 13, "yonsuite", "discussion", "分享：我们把月结从五天缩到两天的做法",
    "1. 每周五对一次往来，不留到月底\n2. 存货核算每天跑\n3. 结转模板提前一周检查\n\n"
    "最省时间的是第二条，差异当天就能查。",
    "year-end", "",
)  # fmt: skip
PEER = Asked(
    "xy-huangyt", 4, "kingdee", "question", "BOM 多级展开怎样按替代料显示？",
    "多级展开时只看到主料，替代料要点进去才有。有没有办法一起列出来？", "", "galaxy",
)  # fmt: skip
DUE_TOO = Asked(
    "pd-tianr", 0, "kingdee", "question", "委外加工的在途怎么在报表里单独列出？",
    "委外发料之后到入库之前，这部分数量在库存报表里看不到。有没有单独的在途报表？", "", "galaxy",
)  # fmt: skip
WISH = Asked(
    "hl-shaom", 16, "kingdee", "idea", "移动审批希望能看到附件预览",
    "在手机上审批时附件要下载后才能看，常常打不开。希望能直接预览图片和 PDF。", "", "stellar",
)  # fmt: skip


def talk(*, now: datetime) -> None:
    """Let the last five weeks of the community have happened."""
    if not Contact.objects.filter(external_id=ANSWERED.by).exists():
        return
    _answered(now)
    _turned(now)
    for asked in (DUE_SOON, DUE_TOO):
        _open(asked, _nearly_due(asked, now))
    _ideas(now)
    shared = _open(SHARED, _ago(SHARED, now))
    _say(shared, "hy-luojia", "第二条很有启发，我们也改成每天跑了。", hours=5)
    _votes(shared, "hy-luojia", "lt-chenyh", "ml-liuhy")
    _peer(now)
    withhold_news(before=now - MAILED, kinds="board_", reason=WITHHELD)


def _answered(now: datetime) -> None:
    post = _open(ANSWERED, _ago(ANSWERED, now))
    _say(post, "tr-yanj", "我们当时是逐条改的，两百多行，不建议。", hours=1)
    answer = answering.answer(
        post=post, actor=_ours("ma.tianyu"), at=post.at + timedelta(hours=2),
        body="可以清空。没有凭证、没有结账时，在**期初余额 → 更多 → 清空**即可，辅助核算的设置会保留。\n\n"
        "清空之前请先导出一份，导入模板就用它改。",
    )  # fmt: skip
    _say(post, "hy-luojia", "清空后重导成功，谢谢！", hours=4)
    asking.accept_answer(post=post, comment=answer, actor=_user(ANSWERED.by), at=post.at + timedelta(hours=4))
    moderating.pin(post=post, is_pinned=True, actor=_ours("zhou.wenjing"), at=post.at + timedelta(days=1))
    _votes(post, "tr-yanj", "ml-liuhy")


def _turned(now: datetime) -> None:
    """Let a question have gone unanswered, become a ticket, and got its answer back from there."""
    post = _open(TURNED, _ago(TURNED, now))
    due_at = _calendar(TURNED).calendar.due_at(post.at, DAY[TURNED.vendor])
    if due_at is None:
        return
    # Nobody answers: the warning, the breach, and with it the ticket, come by themselves.
    catch_up(due_at + timedelta(minutes=1))
    post.refresh_from_db()
    agent, ticket = _ours("fan.xueqing"), post.ticket
    if ticket is None:
        return
    said = "在“盘点差异明细表”里把“仓库”加进分组即可；汇总单里的每一行都能联查到原盘点单。"
    reply(ticket=ticket, body=said, actor=agent, at=due_at + timedelta(minutes=47))
    ticketing.post_back(post=post, body=said, actor=agent, at=due_at + timedelta(minutes=52))
    resolve(ticket=ticket, body="", actor=agent, at=due_at + timedelta(hours=3))


def _ideas(now: datetime) -> None:
    idea = _open(IDEA, _ago(IDEA, now))
    _votes(idea, "hy-luojia", "lt-chenyh", "ml-liuhy", "tr-yanj", "zy-mengl")
    lead = _ours("zhou.wenjing")
    words = "下一季度的版本里做，先支持按账簿保存。"
    moderating.set_idea_state(post=idea, state="planned", words=words, actor=lead, at=idea.at + timedelta(days=6))
    declined = _open(DECLINED, _ago(DECLINED, now))
    _votes(declined, "ml-zhaocg")
    why = "审核后的凭证须留痕，放开摘要不符合会计档案的要求；反审核会保留记录。"
    moderating.set_idea_state(
        post=declined, state="declined", words=why, actor=lead, at=declined.at + timedelta(days=3)
    )
    wish = _open(WISH, _ago(WISH, now))
    _votes(wish, "xy-huangyt", "pd-tianr", "xy-liangzw")


def _peer(now: datetime) -> None:
    """Let a neighbour have solved a question before we had to."""
    post = _open(PEER, _ago(PEER, now))
    said = _say(post, "pd-tianr", "在 BOM 查询的过滤里勾上“显示替代料”，展开时就一起列出来了。", hours=2)
    asking.accept_answer(post=post, comment=said, actor=_user(PEER.by), at=post.at + timedelta(hours=3))


def _ago(asked: Asked, now: datetime) -> datetime:
    """Return an instant of a morning, as many days ago as the post says."""
    morning = now.astimezone(BEIJING).replace(hour=9, minute=40, second=0, microsecond=0)
    return morning - timedelta(days=asked.days, minutes=7 * len(asked.by))


def _open(asked: Asked, at: datetime) -> Post:
    draft = asking.Draft(
        asked.vendor, asked.kind, asked.title, asked.body,
        topic=Topic.objects.filter(vendor=asked.vendor, code=asked.topic).first(),
        product=Product.objects.filter(vendor=asked.vendor, code=asked.product).first(),
    )  # fmt: skip
    return asking.ask(draft=draft, author=_user(asked.by), at=at)


def _nearly_due(asked: Asked, now: datetime) -> datetime:
    """Return an instant, some whole hours ago, of which at least nine tenths of the working day have passed."""
    calendar, enough = _calendar(asked).calendar, DAY[asked.vendor] * 0.9
    return next(
        now - timedelta(minutes=20 * step)
        for step in range(1, 24 * 60)
        if calendar.elapsed(now - timedelta(minutes=20 * step), now) >= enough
    )


def _calendar(asked: Asked) -> CompiledCalendar:
    return calendar_named(HOURS[asked.vendor])


def _say(post: Post, by: str, body: str, *, hours: float) -> Comment:
    return talking.comment(post=post, body=body, author=_user(by), at=post.at + timedelta(hours=hours))


def _votes(post: Post, *voters: str) -> None:
    for place, by in enumerate(voters, 1):
        talking.vote(post=post, user=_user(by), at=post.at + timedelta(hours=3 * place))


def _user(external_id: str) -> User:
    return User.objects.select_related("contact__customer").get(contact__external_id=external_id)


def _ours(username: str) -> User:
    return User.objects.select_related("team").get(username=username)
