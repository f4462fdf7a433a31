"""A contract goes up to the version of its plan that is sold now: what differs, what it does to open tickets, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.actions.upgrading import upgrade_plan
from plans.catalogue.versions import Upgrade, upgrade_of
from plans.models import Contract, Plan, User
from plans.refusals import RefusedError
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.actions.ticket import follow
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page
from tickets.models import Ticket
from tickets.showing.catalogue.changes import changes_told

# So many open tickets are tried one by one; of more, the first are.
MOST = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """An open ticket whose next deadline the upgrade would move."""

    ticket: Ticket
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an upgrade would do to what is open: how many tickets there are, were tried, and would move."""

    open: int
    tried: int
    moved: Sequence[Moved]
    refused: ActionRefusedError | None = None


class UpgradeForm(forms.Form):
    """Which version was looked at, and why the contract goes there."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        help_text=gettext_lazy("写进合同的历史和未结工单的记录，例如客户何时同意。"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@for_account()
def upgrade_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what an upgrade would change, item by item and ticket by ticket."""
    return _page(request, contract, at)


@require_POST
@for_account(amend=True)
def upgrade_act(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Upgrade a contract; a refusal is told with what can be done instead, and nothing typed is lost."""
    form = UpgradeForm(request.POST)
    if not form.is_valid():
        return _page(request, contract, at, form=form)
    plan = Plan.objects.filter(code=contract.plan.code, version=form.cleaned_data["version"]).first()
    if plan is None:
        form.add_error(None, _("没有这个版本。"))
        return _page(request, contract, at, form=form)
    actor = cast(User, request.user)
    try:
        upgrade_plan(contract=contract, plan=plan, reason=form.cleaned_data["reason"], actor=actor, at=at)
    except RefusedError as refusal:
        return _page(request, contract, at, form=form, refusal=refusal)
    words = {"number": contract.number, "plan": name_of(plan), "version": plan.version}
    messages.success(request, _("%(number)s 已升级到%(plan)s v%(version)d，未结的工单随后跟上。") % words)
    return redirect("console:accounts:contract", contract.number)


def _page(
    request: HttpRequest,
    contract: Contract,
    at: datetime,
    *,
    form: UpgradeForm | None = None,
    refusal: RefusedError | None = None,
) -> HttpResponse:
    upgrade = upgrade_of(contract)
    context = {
        "upgrade": upgrade,
        "changes": changes_told(upgrade.changes) if upgrade else [],
        "effect": foreseen(contract, upgrade, cast(User, request.user), at) if upgrade else None,
        "own_targets": contract.entitlements.filter(policy__contains="@").select_related("item"),
        "form": form or (UpgradeForm(initial={"version": upgrade.plan.version}) if upgrade else None),
        "refusal": refusal,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    return account_page(request, contract, at, ("upgrade", "console/accounts/upgrade.html"), context, status=status)


def foreseen(contract: Contract, upgrade: Upgrade, actor: User, at: datetime) -> Effect:
    """Return what an upgrade would do to open tickets: it is done, looked at, and rolled back."""
    under = Ticket.objects.unfinished().filter(contract=contract)
    rows, found = list(under.order_by("next_due_at", "pk")[:MOST]), list[Moved]()
    with transaction.atomic():
        try:
            upgrade_plan(contract=contract, plan=upgrade.plan, reason=_("预览"), actor=actor, at=at)
        except RefusedError as refusal:
            return Effect(under.count(), 0, [], refusal)
        amendment = contract.amendments.order_by("pk").last()
        assert amendment is not None
        for ticket in rows:
            after = follow(ticket=ticket, amendment=amendment, at=at)
            if after.next_due_at != ticket.next_due_at:
                found.append(Moved(ticket, ticket.next_due_at, after.next_due_at))
        transaction.set_rollback(True)
    return Effect(under.count(), len(rows), found)


urlpatterns = [
    path("<str:number>/upgrade/", upgrade_page, name="upgrade"),
    path("<str:number>/upgrade/apply/", upgrade_act, name="upgrade_apply"),
]
