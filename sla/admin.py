"""Calendars, policies and what is computed from them: to be read here, never edited."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

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


class ReadOnly:
    """Let nobody add, change or delete: the command or engine that made a row keeps it."""

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


class TargetInline(ReadOnlyInline):
    model = Target


class EscalationRuleInline(ReadOnlyInline):
    model = EscalationRule


class HolidayDateInline(ReadOnlyInline):
    model = HolidayDate


class ObservationInline(ReadOnlyInline):
    model = Observation


class MilestoneInline(ReadOnlyInline):
    model = Milestone
    fields = ("metric", "number", "state", "started_at", "due_at", "completed_at", "is_provisional")


class EscalationInline(ReadOnlyInline):
    model = Escalation


@admin.register(CalendarVersion)
class CalendarVersionAdmin(ReadOnly, admin.ModelAdmin):
    """Versions of service hours: load_plans writes a new one when hours or holidays change."""

    list_display = ("code", "version", "is_current", "name", "name_en", "created_at")
    list_filter = ("is_current",)
    search_fields = ("code", "name", "name_en")


@admin.register(HolidaySet)
class HolidaySetAdmin(ReadOnly, admin.ModelAdmin):
    """Holidays as a notice published them, or as assumed."""

    list_display = ("country", "subdivision", "year", "status", "source", "imported_at")
    list_filter = ("country", "status")
    search_fields = ("country", "source")
    inlines = [HolidayDateInline]


@admin.register(Policy)
class PolicyAdmin(ReadOnly, admin.ModelAdmin):
    """Versions of what is promised; a contract's own have its number after the @."""

    list_display = ("code", "version", "is_current", "name", "name_en", "created_at")
    list_filter = ("is_current",)
    search_fields = ("code", "name", "name_en")
    inlines = [TargetInline, EscalationRuleInline]


@admin.register(Clock)
class ClockAdmin(ReadOnly, admin.ModelAdmin):
    """A timed thing's facts, and the milestones that they fold into."""

    list_display = ("id", "policy", "priority", "started_at")
    list_select_related = ("policy",)
    search_fields = ("policy__code", "observations__source")
    inlines = [ObservationInline, MilestoneInline]


@admin.register(Milestone)
class MilestoneAdmin(ReadOnly, admin.ModelAdmin):
    """Milestones are computed from facts."""

    list_display = ("id", "clock", "metric", "state", "started_at", "due_at", "completed_at", "next_step_at")
    list_filter = ("state", "metric", "is_provisional")
    list_select_related = ("clock",)
    search_fields = ("clock__policy__code", "clock__observations__source")
    inlines = [EscalationInline]


@admin.register(Escalation)
class EscalationAdmin(ReadOnly, admin.ModelAdmin):
    """Steps that came true, and what became of them."""

    list_display = ("id", "milestone", "level", "mark", "step_at", "fired_at", "state", "acted_at", "attempts")
    list_filter = ("state", "mark")
    list_select_related = ("milestone",)
    search_fields = ("milestone__clock__policy__code", "error")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly, admin.ModelAdmin):
    """When each kind of process last did its work."""

    list_display = ("kind", "host", "at", "note")
    search_fields = ("kind", "host")
