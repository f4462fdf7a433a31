"""Why an address outside did not take a message, in words, with what can be done about it."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from tickets.models import WebhookEndpoint

Kind = WebhookEndpoint.Kind
NO_ROBOT = _("机器人的地址不对，或它已被移出群。请在群里重新添加，再填新地址。")
TOO_FAST = _("写得太快，平台要求稍候；之后会自动接着写。")
BAD_FORM = _("平台不认这条消息的写法。")
BY_CODE: Mapping[tuple[str, int], LazyText] = {
    (Kind.WECOM, 93000): NO_ROBOT,
    (Kind.WECOM, 45009): TOO_FAST,
    (Kind.WECOM, 40058): BAD_FORM,
    (Kind.DINGTALK, 310000): _("没有通过安全设置：加签密钥不对，或消息里没有自定义关键词，或本机不在 IP 名单里。"),
    (Kind.DINGTALK, 300001): NO_ROBOT,
    (Kind.DINGTALK, 400013): _("群已经解散。请换一个群的机器人。"),
    (Kind.DINGTALK, 400101): NO_ROBOT,
    (Kind.DINGTALK, 400102): _("机器人已在平台上停用。请在群里重新启用。"),
    (Kind.DINGTALK, 400105): BAD_FORM,
    (Kind.DINGTALK, 130101): TOO_FAST,
    (Kind.DINGTALK, 410100): TOO_FAST,
    (Kind.FEISHU, 19001): NO_ROBOT,
    (Kind.FEISHU, 19002): BAD_FORM,
    (Kind.FEISHU, 19021): _("签名没有通过：密钥不对，或两边的时钟相差一小时以上。"),
    (Kind.FEISHU, 19022): _("本机不在机器人的 IP 名单里。"),
    (Kind.FEISHU, 19024): _("消息里没有机器人要求的关键词。"),
    (Kind.FEISHU, 11232): TOO_FAST,
    (Kind.FEISHU, 9499): TOO_FAST,
}
BY_STATUS: Mapping[int, LazyText] = {
    401: _("对方不认这次调用：核对签名密钥，或对方限制了来源。"),
    403: _("对方不认这次调用：核对签名密钥，或对方限制了来源。"),
    404: _("对方没有这个地址：核对地址。"),
    410: _("对方说不要再发。"),
    413: _("对方嫌内容太长。"),
    429: _("对方要求稍候；之后会自动再发。"),
    503: _("对方暂停服务；之后会自动再发。"),
}
BY_HUNDRED: Mapping[int, LazyText] = {
    3: _("对方要转到别处：请改填最终的地址。"),
    4: _("对方不收：核对地址和对方的设置。"),
    5: _("对方的程序出错；之后会自动再发。"),
}
# What we could not even do, by what stands in the error.
BY_WORD: Mapping[str, LazyText] = {
    "not on the open network": _("这个地址不在公网上，不能调用。"),
    "cannot be found": _("找不到这台主机：核对域名。"),
    "Timeout": _("5 秒内没有答复。"),
    "SSL": _("对方的证书不对。"),
    "certificate": _("对方的证书不对。"),
    "Connection": _("连不上对方。"),
    "Protocol": _("对方的答复不是 HTTP。"),
}
CODE = re.compile(r"\b(?:errcode|code)\"?[ :]+(-?\d{1,9})\b")
STATUS = re.compile(r"^(?:HTTP )?([2-5]\d\d)(?: |$)")


def why(kind: str, said: str, status: int | None = None) -> str:
    """Return why a message did not arrive, by what was answered or noted; nothing where there is nothing to add."""
    code = CODE.search(said)
    if kind in WebhookEndpoint.ROBOTS and code:
        return str(BY_CODE.get((kind, int(code[1])), ""))
    found = STATUS.match(said)
    number = int(found[1]) if found else status
    if number:
        return str(BY_STATUS.get(number) or BY_HUNDRED.get(number // 100) or "")
    return next((str(words) for word, words in BY_WORD.items() if word in said), "")
