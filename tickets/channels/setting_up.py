"""How an administrator sets up each program that calls us: what it signs with, and what its key's options say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

Words = str | LazyText


@dataclass(frozen=True, slots=True)
class SettingUp:
    """A program's name, what its signing secret is, where to enter our address, and the options by name."""

    name: Words
    secret: Words
    where: Words
    options: Mapping[str, Words]


_CALLED: Mapping[str, Words] = {
    "vendor": _("没有别的线索时来电归哪个厂商，如 yonsuite。"),
    "menu": _('按键对应什么，如 {"6": {"vendor": "yonsuite"}}，还可以写 product 和 tenant。'),
    "numbers": _("被叫号码对应的厂商、产品和租户，写法同 menu。"),
}  # fmt: skip
_ZONE: Mapping[str, Words] = {"zone": _("没有写时区的时间按哪个时区读，默认 Asia/Shanghai。")}

SETTING_UP: Mapping[str, SettingUp] = {
    "twilio": SettingUp(
        "Twilio",
        _("账户的 Auth Token。"),
        _("填在状态回调（status callback）里，不要填在接听地址里。"),
        {**_CALLED, "answers": _("写 ivr 表示先由语音菜单接听，转到人的一路才算接听。")},
    ),
    "tencent": SettingUp(
        _("腾讯云联络中心"),
        _("Basic 认证的“用户名:密码”；没有冒号的按 Bearer 令牌核对。"),
        _("填在数据推送里，参数 action 写 cdr 或 record。"),
        {**_CALLED, **_ZONE},
    ),
    "huawei-cec": SettingUp(
        _("华为云客服"),
        _("回调约定的共享密钥。"),
        _("填在话单回调里。"),
        {**_CALLED, **_ZONE, "direction": _("推送里没有写明时按 in（呼入）还是 out（呼出）。"),
         "recordings": _("录音只有路径时，前面要加的地址。")},
    ),
    "discourse": SettingUp(
        "Discourse",
        _("Webhook 的密钥；要把答复贴回论坛，空一格再写 API 密钥。"),
        _("填在 Webhook 的 Payload URL 里，选主题、帖子和已解决事件。"),
        {"url": _("论坛的地址，贴回答复用。"), "api_username": _("以哪个用户贴回。"),
         "vendor": _("帖子归哪个厂商；密钥限定了产品时不用写。"), "staff": _("代表我们说话的用户名，是一个列表。"),
         "ideas": _("哪些分类是创意，写分类编号的列表。"), "topics": _("分类编号对应我们的专题代码。")},
    ),
    "mail": SettingUp(
        _("邮件网关"),
        _("Standard Webhooks 的密钥，whsec_ 开头。"),
        _("正文就是邮件原文，按 Standard Webhooks 1.0 签名。"),
        {"mailbox": _("收进哪个收信邮箱，写邮箱地址。")},
    ),
    "alertmanager": SettingUp(
        "Alertmanager",
        _("没有签名，地址里的密钥就够了；设了的话按 Basic 的“用户名:密码”或 Bearer 令牌核对。"),
        _("填在 receivers 的 webhook_configs 里，send_resolved 保持打开。"),
        {"contact": _("替谁监控，写联系人的邮箱；密钥限定了客户时可以不写。"),
         "product": _("监控的是哪个产品，写产品代码。"),
         "severity": _('对方的级别对应我们的优先级，如 {"p1": "urgent"}。'),
         "ignore": _("哪些名字的告警不用管，是一个列表；默认是 Watchdog、DeadMansSwitch 和 InfoInhibitor。"),
         "reopen_hours": _("恢复后多少小时内再次告警算同一件事。")},
    ),
}  # fmt: skip
# Of every key.
FOR_ALL: Mapping[str, Words] = {"per_minute": _("每分钟最多几次请求。")}
