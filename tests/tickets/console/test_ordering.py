"""Names stand where their reader looks for them."""

from types import SimpleNamespace

import pytest
from django.utils import translation

from tickets.console.ordering import by_name

PEOPLE = [("周文静", "Zhou Wenjing"), ("努鲁", "Nurul"), ("白霜", "Bai Shuang"), ("阿侬", "Anong"), ("欧阳凯", "")]


@pytest.mark.parametrize(
    ("language", "order"),
    [("zh-hans", ["阿侬", "白霜", "努鲁", "欧阳凯", "周文静"]), ("en", ["阿侬", "白霜", "努鲁", "周文静", "欧阳凯"])],
)
def test_colleagues_stand_by_sound_in_chinese_and_by_letters_in_english(language, order):
    with translation.override(language):
        found = by_name(SimpleNamespace(name=name, name_en=english) for name, english in PEOPLE)
    assert [one.name for one in found] == order
