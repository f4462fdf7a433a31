"""The words that plan data may use. Tickets have categories and channels of the same codes."""

CATEGORIES = ("how_to", "fault", "data_environment", "requirement", "customisation", "third_party", "operations")
# What a clause may shut out besides a category: whoever is not certified.
UNCERTIFIED = "uncertified"
# And work that a delivered service stops short of. Source: K05, K12
BEYOND = "beyond"
CHANNELS = ("im", "hotline", "portal", "community", "email", "in_product", "monitoring")
PRIORITIES = ("low", "normal", "high", "urgent")
# What coverage can be asked for.
SERVICES = (
    "search", "help_centre", "video", "community", "bot", "voice_bot", "learning",
    "im", "ticket", "hotline", "public_operations", "private_operations", "private_installation",
    "developer_support", "training", "workshop", "guidance", "planning", "health_check", "operations_report",
    "critical_moment", "expert_consultation", "technical_manager", "account_team", "service_report", "updates",
    "product_certification", "vocational_certification", "executive_events", "standard", "terms",
)  # fmt: skip
UNITS = ("times", "reports", "person_days", "environments", "sets", "people", "tickets")
# What alone is granted and used in parts.
IN_PARTS = "person_days"
PERIODS = ("year", "term")
# What people deliver by agreement, asked for one by one.
DELIVERED = (
    "developer_support", "training", "workshop", "guidance", "planning", "health_check", "critical_moment",
    "expert_consultation", "private_installation", "private_operations", "account_team", "technical_manager",
)  # fmt: skip
# What is held once for many customers, who are told of it or invited. Source: K15, K16, K17
GATHERED = ("product_certification", "vocational_certification", "executive_events")
# Who may deliver a service.
PROVIDERS = ("hq", "branch", "partner", "local_expert")
# What a stage of a service is to the product.
STAGES = (
    "notice", "publish", "invite", "enrol", "train", "exam", "certificate", "attend", "feedback",
    "training_plan", "guidance_plan", "session", "training", "follow_up",
)  # fmt: skip
# What a report may be made of. Source: Y15, K10, K13
REPORT_SECTIONS = (
    "systems", "channels", "tickets", "promises", "categories", "areas", "repeated", "rights", "delivered", "owed",
    "advice", "records",
)  # fmt: skip
