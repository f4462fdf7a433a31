"""Tickets that another system exported: the run that takes them in, and what it knows of each."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.ticket import Ticket


class ImportSource(models.TextChoices):
    """A system whose exports can be read."""

    ZENDESK = "zendesk", "Zendesk"
    ZAMMAD = "zammad", "Zammad"


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    """Read runs."""

    def unfinished(self) -> "ImportRunQuerySet":
        """Narrow to runs that a worker has still something to do for, oldest first."""
        return self.filter(state__in=(ImportRun.State.WAITING, ImportRun.State.RUNNING)).order_by("pk")


class ImportRun(models.Model):
    """One taking in of one export, or a dry run of it: it goes on where it was when its process was killed."""

    class State(models.TextChoices):
        # Its files have not been read through yet.
        WAITING = "waiting", pgettext_lazy("import", "等待开始")
        RUNNING = "running", pgettext_lazy("import", "进行中")
        DONE = "done", pgettext_lazy("import", "已完成")
        FAILED = "failed", pgettext_lazy("import", "失败")
        STOPPED = "stopped", pgettext_lazy("import", "已停止")

    source = models.CharField(_("来源"), max_length=10, choices=ImportSource)
    # Which of several instances of that system; ids of different ones mean different tickets.
    account = models.CharField(_("来源实例"), max_length=80, blank=True)
    is_dry_run = models.BooleanField(_("试运行"), default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    # [{"name", "size", "sha256", "path"}]; the paths are this machine's own and are told to nobody.
    files = models.JSONField(_("文件"), default=list)
    # Where the files of attachments lie, for runs of the command line only.
    attachments_at = models.CharField(_("附件目录"), max_length=400, blank=True)
    # YAML, as it was when the run began.
    mapping = models.TextField(_("对应关系"))
    mapping_digest = models.CharField(_("对应关系校验码"), max_length=64)
    total = models.PositiveIntegerField(_("工单总数"), default=0)
    done = models.PositiveIntegerField(_("已处理"), default=0)
    # {"opened", "changed", "unchanged", "left_out", "messages", "internal", "files", "contacts", "clocks", …}
    counts = models.JSONField(_("计数"), default=dict)
    # The place of the last ticket that is done, in the order in which they were read.
    cursor = models.BigIntegerField(_("读到"), default=0)
    # The first of them: [{"code", "where", "id", "field", "value"}]; counts["problems"] has them all.
    problems = models.JSONField(_("问题"), default=list)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=400, blank=True)
    requested_by = models.CharField(_("申请人"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("创建于"))
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "历史工单导入")
        verbose_name_plural = pgettext_lazy("many", "历史工单导入")

    def __str__(self) -> str:
        return f"{self.source} import {self.pk}"

    @property
    def is_unfinished(self) -> bool:
        """Tell whether there is still something to do."""
        return self.state in (self.State.WAITING, self.State.RUNNING)


class ImportedTicket(models.Model):
    """What a ticket was in the system that it came from, so that it is taken in once, and brought up to date."""

    source = models.CharField(_("来源"), max_length=10, choices=ImportSource)
    account = models.CharField(_("来源实例"), max_length=80, blank=True)
    source_id = models.CharField(_("来源编号"), max_length=64)
    # What people called it there, where that is not its id.
    number = models.CharField(_("来源工单号"), max_length=64, blank=True)
    ticket = models.OneToOneField(
        Ticket, verbose_name=_("所属工单"), on_delete=models.CASCADE, related_name="imported_from"
    )
    run = models.ForeignKey(
        ImportRun, verbose_name=_("最近一次导入"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="tickets",
    )  # fmt: skip
    # Of all that was read of it; the same again changes nothing.
    digest = models.CharField(_("校验码"), max_length=64)
    # What was said and done there and stands here already, by the source's own ids.
    seen: "models.JSONField[Any, Any]" = models.JSONField(_("已取入"), default=list)
    # The last line of the ledger that an import wrote: a later one is somebody's work here.
    line = models.PositiveIntegerField(_("导入到台账第几条"), default=0)
    tags = models.JSONField(_("标签"), default=list)
    # Its own fields there, by name, as text.
    fields: "models.JSONField[Any, Any]" = models.JSONField(_("自定义字段"), default=dict)
    imported_at = models.DateTimeField(_("导入于"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "导入的工单")
        verbose_name_plural = pgettext_lazy("many", "导入的工单")
        constraints = [
            models.UniqueConstraint(fields=["source", "account", "source_id"], name="imported_ticket_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}"
