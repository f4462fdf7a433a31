"""Keys: shown once, kept as a hash, rotated with a time of grace, ended at once."""

from datetime import timedelta

import pytest

from plans.actions import Holder, issue_key, revoke_key, rotate_key
from plans.keys import find
from plans.refusals import RefusedError
from tests.hours import beijing

AT = beijing("2026-03-02 10:00")
pytestmark = pytest.mark.django_db


def test_secret_is_nowhere_in_the_row():
    key, secret = issue_key(name="IM", scopes=["intake:im"], at=AT)
    assert secret.startswith("syk_")
    assert len(secret) > 40
    assert secret[len(key.prefix) :] not in "".join(str(value) for value in key.__dict__.values())
    assert find(secret, AT) == key
    assert find(secret + "x", AT) is None


def test_rotated_key_goes_on_for_its_time_of_grace():
    old, first = issue_key(name="IM", scopes=["intake:im"], at=AT)
    new, second = rotate_key(key=old, at=AT, grace=timedelta(days=1))
    assert new.series == old.series
    assert find(first, AT + timedelta(hours=23)) == old
    assert find(first, AT + timedelta(hours=25)) is None
    assert find(second, AT + timedelta(days=400)) == new


def test_revoked_key_ends_at_once_and_cannot_be_rotated():
    key, secret = issue_key(name="IM", scopes=["intake:im"], at=AT)
    revoke_key(key=key, at=AT)
    assert find(secret, AT) is None
    with pytest.raises(RefusedError, match=r".") as refused:
        rotate_key(key=key, at=AT)
    assert refused.value.code == "key_ended"


@pytest.mark.parametrize(
    ("scopes", "code"), [([], "no_scope"), (["intake:fax"], "unknown_scope"), (["api"], "user_missing")]
)
def test_key_without_a_sound_scope_is_not_issued(scopes, code):
    with pytest.raises(RefusedError) as refused:
        issue_key(name="x", scopes=scopes, at=AT, holder=Holder())
    assert refused.value.code == code
