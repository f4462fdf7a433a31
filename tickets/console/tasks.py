"""What an agent was asked to do beside tickets, on a page of its own, and how it is ticked off there."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sla.refusals import ActionRefusedError
from tickets.actions import side_tasks
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail
from tickets.console.side_tasks import waiting_for
from tickets.console.views import shown

LISTED = 200


@require_safe
@agents_only
def tasks_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show what the reader was asked to do beside tickets."""
    tasks = waiting_for(reader).select_related("ticket__customer", "ticket__contact")[:LISTED]
    context = {"tasks": tasks, "in_tasks": True, "now": reader.at}
    return shown(request, "console/tasks.html", {**rail(reader, None), **context})


@require_POST
@agents_only
def done(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Tick one of one's own tasks off and show the others."""
    task = waiting_for(reader).select_related("ticket").filter(pk=pk).first()
    if task is None:
        raise Http404
    try:
        side_tasks.finish(task=task, actor=reader.user, at=reader.at)
        messages.success(request, _("已办完。"))
    except ActionRefusedError as refused:
        messages.error(request, refused.message)
    return redirect("console:tasks")


urlpatterns = [
    path("tasks/", tasks_page, name="tasks"),
    path("tasks/<int:pk>/done/", done, name="task_done"),
]
