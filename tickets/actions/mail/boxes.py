"""The mailboxes that customers write to: laid down, changed, and how reading them went."""

import re
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from plans.models import Product, Team, User
from sla.refusals import ActionRefusedError
from tickets.actions.ticket.standing import check_agent
from tickets.channels.secrecy import is_place
from tickets.models import Mailbox

HOST = re.compile(r"[A-Za-z0-9.:_-]{1,200}")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a mailbox is reached; `password` says where the password is kept."""

    name: str
    address: str
    vendor: str
    product: Product | None = None
    team: Team | None = None
    host: str = ""
    port: int = 993
    security: str = Mailbox.Security.TLS
    username: str = ""
    password: str = ""
    folder: str = "INBOX"
    trusted_server: str = ""
    takes_plus: bool = False
    is_active: bool = True


@transaction.atomic
def keep_mailbox(*, mailbox: Mailbox | None, settings: Settings, actor: User) -> Mailbox:
    """Lay a mailbox down, or change one, and return it; in another place it is read from the start."""
    check_agent(actor)
    _check(settings)
    row = mailbox or Mailbox()
    was = (row.host, row.username, row.folder)
    for one in fields(settings):
        setattr(row, one.name, getattr(settings, one.name))
    if was != (row.host, row.username, row.folder):
        row.uid_validity, row.last_uid, row.error = None, 0, ""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ActionRefusedError("address_taken", _("已有这个地址的邮箱。")) from error
    return row


def _check(settings: Settings) -> None:
    if settings.host and not HOST.fullmatch(settings.host):
        raise ActionRefusedError("bad_host", _("收信服务器写成主机名或地址，不带协议。"))
    if any(ord(one) < 32 for one in settings.username + settings.folder):
        raise ActionRefusedError("bad_characters", _("登录名和文件夹里不能有控制字符。"))
    if settings.password and not is_place(settings.password):
        raise ActionRefusedError(
            "password_itself", _("这里不写密码本身，只写它在哪里。"),
            ways_on=[_("env:MAILBOX_名称（环境变量）或 file:名称（/run/secrets 下的文件）。")],
        )  # fmt: skip


def note_poll(*, mailbox: Mailbox, at: datetime, error: str = "") -> None:
    """Note how reading a mailbox went."""
    Mailbox.objects.filter(pk=mailbox.pk).update(polled_at=at, error=error[:400])


def note_count(*, mailbox: Mailbox, uid_validity: int, newest: int) -> None:
    """Note how the server counts its mails from now on, and that all up to one are taken in."""
    Mailbox.objects.filter(pk=mailbox.pk).update(uid_validity=uid_validity, last_uid=newest)
