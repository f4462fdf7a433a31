"""What is odd about the house as a whole: plans, contracts and teams beside the policies they go by."""

import pytest

from plans.linting import lint_house
from plans.models import Team
from tests.hours import beijing
from tests.promised import policy, promise
from tests.world import World

pytestmark = pytest.mark.django_db


def unused() -> set[str]:
    return {one.code for one in lint_house(beijing("2026-03-02 09:00")) if (one.kind, one.field) == ("policy", "")}


def test_a_policy_that_a_team_goes_by_is_in_use__C32(world: World) -> None:
    policy("second-line", promise("first_response", 0.5, "kingdee-5x8", met_on=("accept",)))
    assert unused() == {"second-line"}
    Team.objects.create(code="l2", name="二线", name_en="Second line", vendor="yonsuite", policy="second-line")
    assert unused() == set()
