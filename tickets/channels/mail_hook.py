"""Mail handed in over HTTP: the bytes of the mail as the body, signed as Standard Webhooks 1.0 has it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from tickets.channels.base import FieldError, MalformedError
from tickets.channels.hook import Asked, Happening, Hook, KeyFacts, SignatureError, is_same_secret
from tickets.channels.webhook import signature

TOLERANCE = timedelta(minutes=5)


class MailHook(Hook):
    """The form. The key's option `mailbox` says which mailbox it fills, its signing secret is the `whsec_…` of both.

    A mail that was handed in before is taken for the same mail, so a sender repeats it as often as it likes.
    """

    key = "mail"
    channel = "email"
    limit: ClassVar[int] = 20 * 1024 * 1024

    def check(self, request: Asked, key: KeyFacts) -> None:
        if not key.secret:
            raise SignatureError(_("这个密钥没有设置验签密钥。"))
        sent_at, body = request.headers.get("webhook-timestamp", ""), request.body
        if not sent_at.isdigit() or len(sent_at) > 12:
            raise SignatureError(_("缺少 webhook-timestamp。"))
        if key.at and abs(key.at - datetime.fromtimestamp(int(sent_at), UTC)) > TOLERANCE:
            raise SignatureError(_("签名的时间与现在相差超过 5 分钟。"))
        try:
            right = signature(key.secret, request.headers.get("webhook-id", ""), int(sent_at), body)
        except ValueError as error:
            raise SignatureError(_("这个密钥的验签密钥写法不对。")) from error
        said = request.headers.get("webhook-signature", "").split()
        if not any(is_same_secret(one, right) for one in said[:10]):
            raise SignatureError(_("签名不对。"))

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        if not request.body.strip():
            raise MalformedError([FieldError("", "missing", _("没有邮件内容。"))])
        return [Happening("mail", "")]
