"""What is kept for how long, in words: what goes, what stays, and what the last nights removed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy, pgettext_lazy

from tickets.models import Clearing

# Where a person who was forgotten stood.
PLACES: dict[str, LazyText] = {
    "tickets": gettext_lazy("工单"),
    "chats": pgettext_lazy("many", "会话"),
    "posts": gettext_lazy("社区发言"),
    "letters": gettext_lazy("发出的信"),
    "mails": gettext_lazy("来信"),
    "calls": pgettext_lazy("many", "通话"),
    "engagements": gettext_lazy("参加的服务"),
    "searches": gettext_lazy("搜索"),
    "sign_in": gettext_lazy("登录账号"),
    "contact": gettext_lazy("联系人"),
}


@dataclass(frozen=True)
class Rule:
    """One kind of what is kept: its name, what goes in the end, and what stays all the same."""

    key: str
    name: LazyText
    goes: LazyText
    stays: LazyText
    # In words where it is no number of days of its own.
    until: LazyText | None = None

    @property
    def days(self) -> int | None:
        """Return the days it is kept, 0 for ever; None where something else ends it."""
        return None if self.until else settings.KEEP_DAYS[self.key]

    @property
    def variable(self) -> str:
        """Return the environment's variable that says so."""
        return "" if self.until else f"KEEP_{self.key.upper()}_DAYS"


RULES = (
    Rule(
        "raw",
        gettext_lazy("各渠道进件的原文"),
        gettext_lazy("请求的原始字节和请求头，含来信的原信。"),
        gettext_lazy("何时收到、结果如何、成了哪张工单；未办结的工单和待处理的来信不清理。"),
    ),
    Rule(
        "letters",
        gettext_lazy("发出的信和回调的正文"),
        gettext_lazy("成品邮件、群消息和回调的内容。"),
        gettext_lazy("发给谁、何时、关于什么、送达没有。"),
    ),
    Rule(
        "tries",
        gettext_lazy("每次投递的记录"),
        gettext_lazy("每次尝试的状态码、用时和对方的答复。"),
        gettext_lazy("通知本身和最后的结果；还在排队的不清理。"),
    ),
    Rule(
        "dead",
        gettext_lazy("死信：没能处理和没能送达的"),
        gettext_lazy("它们的原文或正文。"),
        gettext_lazy("失败的原因、时间和次数。"),
    ),
    Rule(
        "mails",
        gettext_lazy("没有成为工单的来信"),
        gettext_lazy("自动回复、群发、退信，以及被拒绝或弃置的信，连同原信。"),
        gettext_lazy("收到过这封信，以及当时的结论。"),
    ),
    Rule(
        "chats",
        gettext_lazy("匿名访客的会话"),
        gettext_lazy("说的话、发的文件、所在的页面和访客标识。"),
        gettext_lazy("会话的次数、时间和结果，统计照算；成了工单的会话随工单保留。"),
    ),
    Rule(
        "recordings",
        gettext_lazy("通话录音的地址"),
        gettext_lazy("录音的链接；录音文件在话务系统里，由那边清理。"),
        gettext_lazy("通话的时间、坐席和处理结果。"),
    ),
    Rule(
        "transcripts",
        gettext_lazy("通话的对话记录"),
        gettext_lazy("语音机器人和坐席与来电人的对话文字。"),
        gettext_lazy("坐席写的问题和处理结果。"),
    ),
    Rule(
        "visitors",
        gettext_lazy("没有说过话的匿名访客"),
        gettext_lazy("访客标识。"),
        gettext_lazy("没有别的。"),
        gettext_lazy("到标识过期，30 天"),
    ),
    Rule(
        "sessions",
        gettext_lazy("登录状态"),
        gettext_lazy("已过期的登录。"),
        gettext_lazy("没有别的。"),
        gettext_lazy("到登录过期，14 天"),
    ),
)
# What has no place in the list above, with why.
BESIDE = (
    gettext_lazy("工单、台账、计时、证明、合同和权益台账不清理：承诺凭它们核对。"),
    gettext_lazy("幂等键保留 7 天；页面上的实时消息只经过内存，不保存。"),
    gettext_lazy("签名、交付步骤和权益流水是履约凭证，抹除个人信息时也保留签名人的姓名。"),
)


@dataclass(frozen=True)
class Removed:
    """How much one night removed, by kind."""

    clearing: Clearing

    @property
    def counts(self) -> list[tuple[LazyText, int]]:
        """Return how many rows of each kind, in the order of the rules."""
        told = self.clearing.removed
        return [(rule.name, told[rule.key]) for rule in RULES if told.get(rule.key)]


def removed(clearings: Iterable[Clearing]) -> list[Removed]:
    """Return nights with what each removed."""
    return [Removed(one) for one in clearings]
