from django.urls import path

from tickets.api import account, articles, board, calls, coverage, endpoints, intake, reports, tasks, views
from tickets.api.acts import ACTS

urlpatterns = [
    path("customers/<path:code>/account/", account.CustomerAccount.as_view(), name="customer-account"),
    path("calls/", calls.Calls.as_view(), name="calls"),
    path("calls/<slug:code>/", calls.CallDetail.as_view(), name="call"),
    path("endpoints/", endpoints.Endpoints.as_view(), name="endpoints"),
    path("endpoints/<str:name>/deliveries/", endpoints.EndpointDeliveries.as_view(), name="endpoint-deliveries"),
    path("endpoints/<str:name>/replay/", endpoints.EndpointReplay.as_view(), name="endpoint-replay"),
    path("coverage/", coverage.CoverageView.as_view(), name="coverage"),
    path("tickets/<str:number>/decisions/", coverage.TicketDecisions.as_view(), name="ticket-decisions"),
    path("articles/", articles.Articles.as_view(), name="articles"),
    path("articles/<slug:number>/", articles.ArticleDetail.as_view(), name="article"),
    path("articles/<slug:number>/verdict/", articles.ArticleVerdict.as_view(), name="article-verdict"),
    path("board/posts/", board.Posts.as_view(), name="board-posts"),
    path("board/posts/<slug:code>/", board.OnePost.as_view(), name="board-post"),
    path("board/posts/<slug:code>/comments/", board.PostComments.as_view(), name="board-comments"),
    path("board/posts/<slug:code>/vote/", board.PostVote.as_view(), name="board-vote"),
    path("intake/<str:channel>/", intake.IntakeView.as_view(), name="intake"),
    path("tickets/", views.TicketList.as_view(), name="ticket-list"),
    path("tickets/<str:number>/", views.TicketDetail.as_view(), name="ticket-detail"),
    path("tickets/<str:number>/events/", views.TicketEvents.as_view(), name="ticket-events"),
    path("tickets/<str:number>/milestones/", views.TicketMilestones.as_view(), name="ticket-milestones"),
    path("tickets/<str:number>/milestones/<str:metric>/proof/", views.MilestoneProof.as_view(), name="ticket-proof"),
    path("tickets/<str:number>/tasks/", tasks.SideTasks.as_view(), name="ticket-tasks"),
    path("tickets/<str:number>/tasks/<int:pk>/", tasks.OneSideTask.as_view(), name="ticket-task"),
    *(path(f"tickets/<str:number>/{name}/", views.act_view(name), name=f"ticket-{name}") for name in ACTS),
    path("contracts/<str:number>/reports/", reports.ContractReports.as_view(), name="contract-reports"),
    path("reports/<slug:code>/", reports.ReportDetail.as_view(), name="report-detail"),
    path("reports/<slug:code>/content/", reports.ReportContent.as_view(), name="report-content"),
    path("reports/<slug:code>/pdf/", reports.ReportFile.as_view(), name="report-pdf"),
    path("reports/<slug:code>/tables/<slug:section>/", reports.ReportTable.as_view(), name="report-table"),
    *(path(f"reports/<slug:code>/{name}/", reports.act_view(name), name=f"report-{name}") for name in reports.ACTS),
]
