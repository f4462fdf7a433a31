"""Calendars, policies and what is computed from them: to be read here, never edited."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sla import wording
from sla.clock import DatabaseNow, database_now
from sla.models import (
    CalendarVersion,
    Clock,
    Escalation,
    EscalationRule,
    Heartbeat,
    HolidayDate,
    HolidaySet,
    Milestone,
    Observation,
    Policy,
    Target,
)
from sla.models.policies import Metric

# What only somebody who looks for a fault wants to see, folded away.
INSIDES = _("引擎内部")


class ReadOnly:
    """Let nobody add, change or delete: the command or engine that made a row keeps it."""

    list_per_page = 50
    # The newest rows of a table that never stops growing, without counting all of them a second time.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    """Rows shown inside the page of what they belong to."""

    extra = 0
    show_change_link = False


def lines(texts: list[str]) -> str:
    """Return texts for a page, one a line."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts))


class TargetInline(ReadOnlyInline):
    model = Target
    readonly_fields = ("promised", "met_by", "paused_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        clause = "clause_en" if (get_language() or "").startswith("en") else "clause"
        return ("metric", "priority", "promised", "rule", "calendar", "met_by", "paused_by", "promise", clause)

    @admin.display(description=_("时长"))
    def promised(self, target: Target) -> str:
        return wording.budget(target.amount, target.unit)

    @admin.display(description=_("算作达成的动作"))
    def met_by(self, target: Target) -> str:
        return wording.listed(target.met_on, wording.FACTS)

    @admin.display(description=_("暂停计时的情形"), empty_value="-")
    def paused_by(self, target: Target) -> str:
        return wording.listed(target.pauses_on, wording.HOLDS)


class EscalationRuleInline(ReadOnlyInline):
    model = EscalationRule
    fields = ("metric", "level", "comes_true", "deeds")
    readonly_fields = ("comes_true", "deeds")

    @admin.display(description=_("触发条件"))
    def comes_true(self, rule: EscalationRule) -> str:
        return wording.trigger(rule)

    @admin.display(description=_("动作"))
    def deeds(self, rule: EscalationRule) -> str:
        return wording.deeds(rule.actions)


class HolidayDateInline(ReadOnlyInline):
    model = HolidayDate


class ObservationInline(ReadOnlyInline):
    model = Observation
    fields = ("source", "fact", "at", "recorded_at", "actor_kind", "actor_display", "withdrawn_at")
    readonly_fields = ("fact",)

    @admin.display(description=_("事实"))
    def fact(self, observation: Observation) -> str:
        return wording.listed([observation.kind], wording.FACTS)


class Standing:
    """Tell how a milestone stands at this instant: an open one may be late before anything has touched its row."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).annotate(now=DatabaseNow())  # type: ignore[misc]
        return found

    @admin.display(description=_("状态"), ordering="state")
    def standing(self, milestone: Any) -> str:
        return str(Milestone.State(milestone.state_at(milestone.now)).label)


class MilestoneInline(Standing, ReadOnlyInline):
    model = Milestone
    fields = ("metric", "number", "standing", "started_at", "due_at", "completed_at", "is_provisional")
    readonly_fields = ("standing",)
    show_change_link = True


class EscalationInline(ReadOnlyInline):
    model = Escalation
    fields = ("level", "mark", "due_at", "step_at", "fired_at", "state", "acted_at", "attempts", "error")
    show_change_link = True


@admin.register(CalendarVersion)
class CalendarVersionAdmin(ReadOnly, admin.ModelAdmin):
    """Versions of service hours: load_plans writes a new one when hours or holidays change."""

    list_display = ("code", "version", "is_current", "name", "week", "created_at")
    list_filter = ("is_current",)
    search_fields = ("code", "name", "name_en")
    fieldsets = (
        (None, {"fields": ("code", "version", "is_current", "name", "name_en", "zone", "week", "note", "assumed_years",
                           "created_at")}),
        (INSIDES, {"fields": ("rules", "spec", "reasons", "digest"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("zone", "week")

    @admin.display(description=_("时区"))
    def zone(self, version: CalendarVersion) -> str:
        return str(version.spec["timezone"])

    @admin.display(description=_("每周时段"))
    def week(self, version: CalendarVersion) -> str:
        return lines(wording.week(version.spec["weekly"]))


@admin.register(HolidaySet)
class HolidaySetAdmin(ReadOnly, admin.ModelAdmin):
    """Holidays as a notice published them, or as assumed."""

    list_display = ("country", "subdivision", "year", "status", "source", "imported_at")
    list_display_links = ("country", "year")
    list_filter = ("country", "year", "status")
    search_fields = ("country", "source", "dates__name", "dates__name_en")
    inlines = [HolidayDateInline]


@admin.register(Policy)
class PolicyAdmin(ReadOnly, admin.ModelAdmin):
    """Versions of what is promised; a contract's own have its number after the @."""

    list_display = ("code", "version", "is_current", "name", "name_en", "created_at")
    list_filter = ("is_current", "targets__metric", "basis", "reopening")
    search_fields = ("code", "name", "name_en", "targets__promise", "targets__clause")
    fields = ("code", "version", "is_current", "name", "name_en", "basis", "reopening", "come_again", "note", "digest",
              "created_at")  # fmt: skip
    readonly_fields = ("come_again",)
    inlines = [TargetInline, EscalationRuleInline]

    @admin.display(description=_("重复工单升级"))
    def come_again(self, policy: Policy) -> str:
        return lines([f"{Metric(name).label}: {wording.again(said)}" for name, said in policy.repeats.items()]) or "-"


class ByThing:
    """Name the thing that a clock times: whose ledger its first fact stands in."""

    to_clock = "pk"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        facts = Observation.objects.filter(clock=OuterRef(self.to_clock)).order_by("pk").values("source")
        found: QuerySet[Any] = super().get_queryset(request).annotate(place=Subquery(facts[:1]))  # type: ignore[misc]
        return found

    @admin.display(description=_("计时对象"))
    def thing(self, row: Any) -> str:
        return (row.place or "").partition("#")[0] or "-"


@admin.register(Clock)
class ClockAdmin(ByThing, ReadOnly, admin.ModelAdmin):
    """A timed thing's facts, and the milestones that they fold into."""

    ordering = ("-pk",)
    list_display = ("id", "thing", "policy", "priority", "started_at")
    list_display_links = ("id", "thing")
    list_filter = ("priority", "started_at")
    list_select_related = ("policy",)
    search_fields = ("policy__code", "observations__source")
    fields = ("thing", "policy", "priority", "started_at")
    readonly_fields = ("thing",)
    inlines = [MilestoneInline, ObservationInline]


class StandingFilter(admin.SimpleListFilter):
    """Milestones by what is to be done about them now."""

    title = _("进度")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("未完成")), ("at_risk", _("将超时")), ("late", _("已超时未达成")), ("stuck", _("已隔离"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        milestones, at = Milestone.objects.all(), database_now()
        chosen = {
            "open": milestones.open, "at_risk": lambda: milestones.at_risk(at), "late": lambda: milestones.late(at),
            "stuck": lambda: milestones.exclude(quarantined_at=None),
        }.get(self.value() or "", milestones.none)  # fmt: skip
        return queryset.filter(pk__in=chosen().values("pk"))


@admin.register(Milestone)
class MilestoneAdmin(Standing, ByThing, ReadOnly, admin.ModelAdmin):
    """Milestones are computed from facts."""

    to_clock = "clock"
    ordering = ("-pk",)
    list_display = ("id", "thing", "metric", "standing", "started_at", "due_at", "completed_at", "next_step_at")
    list_display_links = ("id", "thing")
    list_filter = (StandingFilter, "state", "metric", "is_provisional")
    list_select_related = ("clock",)
    search_fields = ("clock__policy__code", "clock__observations__source")
    fieldsets = (
        (None, {"fields": ("thing", "metric", "number", "standing", "started_at", "due_at", "completed_at", "met_by")}),
        (_("依据"), {"fields": ("clock", "target", "calendar_version", "is_provisional", "pauses")}),
        (INSIDES, {"fields": ("budget", "remaining", "stopped_at", "next_step_at", "next_level", "fired_through",
                              "attempts", "error", "quarantined_at"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("thing", "standing")
    inlines = [EscalationInline]


@admin.register(Escalation)
class EscalationAdmin(ByThing, ReadOnly, admin.ModelAdmin):
    """Steps that came true, and what became of them."""

    to_clock = "milestone__clock"
    ordering = ("-pk",)
    list_display = ("id", "thing", "milestone", "mark", "step_at", "fired_at", "state", "acted_at", "attempts", "error")
    list_display_links = ("id", "thing")
    list_filter = ("state", "mark", "milestone__metric")
    list_select_related = ("milestone",)
    search_fields = ("milestone__clock__policy__code", "milestone__clock__observations__source", "error")
    fields = ("thing", "milestone", "level", "mark", "deeds", "due_at", "step_at", "fired_at", "state", "acted_at",
              "attempts", "retry_at", "error")  # fmt: skip
    readonly_fields = ("thing", "deeds")

    @admin.display(description=_("动作"))
    def deeds(self, escalation: Escalation) -> str:
        return wording.deeds(escalation.actions)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly, admin.ModelAdmin):
    """When each kind of process last did its work."""

    list_display = ("kind", "host", "at", "note")
    list_filter = ("kind",)
    search_fields = ("kind", "host")
