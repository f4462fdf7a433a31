"""One thing that comes next for a customer: on which date, what, and who has to do something for it."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext_lazy

from plans.models import Contract
from tickets.showing.account.places import Place

# Who has to do something for it.
OURS, THEIRS, BOTH = "ours", "theirs", "both"
LATE, SOON, CALM = "late", "soon", "calm"
KINDS: dict[str, LazyText] = {
    "delivery": pgettext_lazy("coming", "按期交付"),
    "request": pgettext_lazy("coming", "新的申请"),
    "proposal": pgettext_lazy("coming", "商定时间"),
    "engagement": pgettext_lazy("coming", "服务交付"),
    "record": pgettext_lazy("coming", "待记录"),
    "sign_off": pgettext_lazy("coming", "签字确认"),
    "objection": pgettext_lazy("coming", "客户有意见"),
    "report": pgettext_lazy("coming", "服务报告"),
    "update": pgettext_lazy("coming", "产品更新"),
    "update_request": pgettext_lazy("coming", "更新申请"),
    "right": pgettext_lazy("coming", "权益到期"),
    "term": pgettext_lazy("coming", "服务期"),
}


@dataclass(frozen=True)
class Coming:
    """One thing to come: on which local date of its contract, what, and who acts."""

    kind: str
    on: date
    today: date
    what: str
    # More of it: when exactly, what to do first.
    detail: str
    acts: str
    tone: str
    contract: Contract
    place: Place

    @property
    def kind_words(self) -> str:
        """Return what sort of thing it is."""
        return str(KINDS[self.kind])

    @property
    def days(self) -> int:
        """Return how many days it is away; negative once it is past."""
        return (self.on - self.today).days

    @property
    def away(self) -> str:
        """Return how far away it is in words."""
        near = {0: _("今天"), 1: _("明天"), -1: _("昨天")}.get(self.days)
        if near:
            return near
        if self.days > 0:
            return npgettext("coming", "%(n)d 天后", "%(n)d 天后", self.days) % {"n": self.days}
        return npgettext("coming", "%(n)d 天前", "%(n)d 天前", -self.days) % {"n": -self.days}
