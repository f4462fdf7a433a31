"""Calendars as versions that never change, and the holidays they were made from."""

from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CalendarQuerySet(models.QuerySet["CalendarVersion"]):
    """Read calendar versions."""

    def current(self) -> Self:
        """Narrow to the version in force of each code."""
        return self.filter(is_current=True)


class CalendarVersion(models.Model):
    """One saved state of a calendar: later changes make a new row, so that a past deadline stays readable."""

    code = models.CharField(_("代码"), max_length=64)
    version = models.PositiveIntegerField(_("版本"))
    is_current = models.BooleanField(_("现行"), default=True)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120)
    # What an administrator enters: zone, weekly hours, country, whether make-up days are worked, special dates.
    rules = models.JSONField(_("规则"), help_text=_("时区、每周时段、节假日地区和特别日期，写在方案文件里。"))
    # What the engine reads: the rules with the holidays laid in, every date spelled out.
    spec = models.JSONField(_("展开后的时段"), help_text=_("引擎读的就是它：节假日已代入，每个日期都写明。"))
    digest = models.CharField(_("校验码"), max_length=64)
    # {"2026-10-01": {"name", "name_en", "source"}}, "source_en" where there is one: why a date is as it is.
    reasons = models.JSONField(_("日期缘由"), default=dict, blank=True)
    # Years whose holidays are assumed from rules because no notice has been published yet.
    assumed_years = models.JSONField(_("推定年份"), default=list, blank=True)
    note = models.CharField(_("备注"), max_length=400, blank=True)
    note_en = models.CharField(_("英文备注"), max_length=400, blank=True)
    # Who made this version and why, in their words; blank where a file was loaded.
    created_by = models.CharField(_("修改人"), max_length=120, blank=True)
    cause = models.CharField(_("修改原因"), max_length=400, blank=True)
    cause_en = models.CharField(_("修改原因英文"), max_length=400, blank=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())
    # Taken out of use with no version after it.
    retired_by = models.CharField(_("停用人"), max_length=120, blank=True)
    retired_at = models.DateTimeField(_("停用于"), null=True, blank=True)

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering = ["code", "-version"]
        verbose_name = pgettext_lazy("one", "服务时间")
        verbose_name_plural = pgettext_lazy("many", "服务时间")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="calendar_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(is_current=True), name="calendar_one_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class HolidaySet(models.Model):
    """The holidays of one country, or of one part of it, in one year, as published or as assumed."""

    class Status(models.TextChoices):
        PUBLISHED = "published", _("已公布")
        ASSUMED = "assumed", _("推定")

    class Origin(models.TextChoices):
        SHIPPED = "shipped", _("随方案文件提供")
        PACKAGE = "package", _("数据包")
        FILE = "file", _("文件导入")
        NOTICE = "notice", _("放假通知")

    country = models.CharField(_("国家或地区"), max_length=2)
    subdivision = models.CharField(_("下级区域"), max_length=8, blank=True)
    year = models.PositiveSmallIntegerField(_("年份"))
    status = models.CharField(_("状态"), max_length=10, choices=Status)
    source = models.CharField(_("出处"), max_length=200)
    source_en = models.CharField(_("英文出处"), max_length=200, blank=True)
    # Who brought the dates in: what people took in themselves, reading the shipped files again leaves alone.
    origin = models.CharField(_("来自"), max_length=8, choices=Origin, default=Origin.SHIPPED)
    # What was asked for the dates: its categories, and the package or file with its version; blank if typed in.
    categories = models.CharField(_("假日类别"), max_length=120, blank=True)
    package = models.CharField(_("数据包版本"), max_length=80, blank=True)
    digest = models.CharField(_("校验码"), max_length=64)
    imported_at = models.DateTimeField(_("导入于"), db_default=Now())

    class Meta:
        ordering = ["country", "subdivision", "year"]
        verbose_name = pgettext_lazy("one", "年度假日")
        verbose_name_plural = pgettext_lazy("many", "年度假日")
        constraints = [
            models.UniqueConstraint(fields=["country", "subdivision", "year"], name="holiday_set_once"),
        ]

    def __str__(self) -> str:
        return f"{self.country}{'-' + self.subdivision if self.subdivision else ''} {self.year}"


class HolidayDate(models.Model):
    """One date of a holiday set and what it is."""

    class Kind(models.TextChoices):
        STATUTORY = "statutory", _("法定节假日")
        SWAPPED_OFF = "swapped_off", _("调休放假")
        WEEKEND_IN_BREAK = "weekend_in_break", _("假期内周末")
        MAKE_UP = "make_up", _("调休上班")

    set = models.ForeignKey(HolidaySet, verbose_name=_("年度假日"), on_delete=models.CASCADE, related_name="dates")
    date = models.DateField(_("日期"))
    kind = models.CharField(_("类别"), max_length=20, choices=Kind)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    # A make-up day has the hours of the weekday it pays for: mon … sun.
    stands_for = models.CharField(_("补哪一天"), max_length=3, blank=True)

    class Meta:
        ordering = ["date"]
        verbose_name = pgettext_lazy("one", "放假日期")
        verbose_name_plural = pgettext_lazy("many", "放假日期")
        constraints = [models.UniqueConstraint(fields=["set", "date"], name="holiday_date_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
