"""What each set of codes is called in the description of the API, where fields of one name have different sets."""

ENUM_NAMES = {
    "ArticleKindEnum": "tickets.models.Article.Kind",
    "CallStateEnum": "tickets.models.Call.State",
    "DeliveryStateEnum": "tickets.models.Delivery.State",
    "EndpointKindEnum": "tickets.models.WebhookEndpoint.Kind",
    "TryOutcomeEnum": "tickets.models.DeliveryTry.Outcome",
    "PostKindEnum": "tickets.models.Post.Kind",
    "PostStateEnum": "tickets.models.Post.State",
    "ReportStateEnum": "tickets.models.reports.ServiceReport.State",
    "SignOffOutcomeEnum": "plans.models.deliverables.Outcome",
    "CoverageOutcomeEnum": "tickets.api.serializers.OUTCOMES",
    "DeliverableKindEnum": "plans.models.deliverables.Deliverable.Kind",
    "DeliverableStepEnum": "plans.models.deliverables.DeliverableStep.Kind",
    "EngagementStateEnum": "plans.models.engagements.Engagement.State",
    "AttendeeStateEnum": "plans.models.attendance.Attendee.State",
    "MetricEnum": "sla.models.policies.Metric",
    "OwnMetricEnum": "plans.api.METRICS",
    "MilestoneStateEnum": "sla.models.Milestone.State",
    "TicketStatusEnum": "tickets.models.Status",
    "ChannelEnum": "tickets.models.Channel",
}
