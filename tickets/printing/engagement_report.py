"""The report that is made of an engagement's record, as PDF. Source: K06, K12"""

from plans.models import Engagement
from tickets.printing.press import print_pdf
from tickets.showing.engagement_record import language_of, record_content


def report_pdf(engagement: Engagement) -> bytes:
    """Return the report of an engagement that is recorded, in its customer's language; the same record, the same bytes.

    Raises PrintingError.
    """
    language = language_of(engagement)
    return print_pdf("engagement_report", record_content(engagement, language), language=language)
