"""What is in force, written out as a draft, reads back as the same."""

import pytest

from sla.actions import hours_of, put_policy, terms_of
from sla.models import CalendarVersion, Policy
from sla.rules.drafts import read_draft
from sla.rules.writing import written_out

pytestmark = pytest.mark.django_db


def test_whatever_is_in_force_reads_back_as_the_same():
    calendars = [hours_of(row) for row in CalendarVersion.objects.current()]
    written = read_draft(written_out(calendars=calendars, policies=map(terms_of, Policy.objects.current())))
    assert list(written.calendars) == calendars
    assert {str(put_policy(terms=terms).outcome) for terms in written.policies} == {"unchanged"}
    assert len(written.policies) == Policy.objects.current().count()


def test_hours_and_levels_stand_on_one_line_each():
    text = written_out(
        calendars=[hours_of(CalendarVersion.objects.current().get(code="kingdee-5x8"))],
        policies=[terms_of(Policy.objects.current().get(code="kingdee-advanced-ticket"))],
    )
    assert "      mon: [['08:30', '12:00'], ['13:00', '17:30']]\n" in text
    assert "    holidays: {country: CN, breaks: whole, make_up: false}\n" in text
    assert "        amount: 0.5\n        unit: working_days\n" in text
    assert "        - {mark: percent, amount: 75, actions: [{do: tell, roles: [owner]}]}\n" in text
