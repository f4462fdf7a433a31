import re
from pathlib import Path

import polib
import pytest
from django.utils.translation import gettext, override

from config.launch.environment import ROOT
from config.quality import translations
from config.quality.translations import Message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('_("接单")', Message(None, "接单", None)),
        ('gettext_lazy("接" "单")', Message(None, "接单", None)),
        ('ngettext("%(n)s 条", "%(n)s 条以上", n)', Message(None, "%(n)s 条", "%(n)s 条以上")),
        ('translation.pgettext("工单", "打开")', Message("工单", "打开", None)),
    ],
)
def test_texts_are_found_in_python(source: str, expected: Message) -> None:
    assert list(translations.in_python(source)) == [expected]


@pytest.mark.parametrize("source", ["_(name)", '_(f"接单 {name}")', 'print("接单")'])
def test_what_is_no_literal_text_is_not_found(source: str) -> None:
    assert list(translations.in_python(source)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% load i18n %}{% translate "接单" %}', [Message(None, "接单", None)]),
        ("{% load i18n %}{% translate '到期' context '时限' %}", [Message("时限", "到期", None)]),
        ('{% load i18n %}{{ _("接单") }}', [Message(None, "接单", None)]),
        (
            "{% load i18n %}{% blocktranslate %}您好 {{ name }}{% endblocktranslate %}",
            [Message(None, "您好 %(name)s", None)],
        ),
        (
            "{% load i18n %}{% blocktranslate count n=n %}一条{% plural %}{{ n }} 条{% endblocktranslate %}",
            [Message(None, "一条", "%(n)s 条")],
        ),
        ("<p>接单</p>", []),
    ],
)
def test_texts_are_found_in_templates(source: str, expected: list[Message]) -> None:
    assert list(translations.in_template(source)) == expected


def app_with(folder: Path, source: str) -> Path:
    (folder / "words.py").write_text(source)
    translations.update(folder)
    return folder / translations.CATALOGUE


def test_a_new_text_must_be_translated(tmp_path: Path) -> None:
    app_with(tmp_path, '_("接单")')
    assert translations.problems(tmp_path) == ["untranslated or fuzzy: '接单'"]


def test_a_translated_text_survives_an_update(tmp_path: Path) -> None:
    path = app_with(tmp_path, '_("接单")')
    catalogue = polib.pofile(str(path))
    catalogue[0].msgstr = "Accept"
    catalogue.save()
    assert translations.problems(tmp_path) == ["not compiled: run `make translations`"]
    translations.update(tmp_path)
    assert translations.problems(tmp_path) == []
    assert polib.mofile(str(path.with_suffix(".mo")))[0].msgstr == "Accept"


def test_a_text_that_is_gone_is_dropped(tmp_path: Path) -> None:
    path = app_with(tmp_path, '_("接单")')
    (tmp_path / "words.py").write_text("")
    assert translations.problems(tmp_path)[-1] == "no longer used: '接单'"
    translations.update(tmp_path)
    assert len(polib.pofile(str(path))) == 0


def test_every_text_of_the_product_has_its_english() -> None:
    assert [problem for app in translations.APPS for problem in translations.problems(translations.ROOT / app)] == []


def test_one_text_has_one_english_in_every_app() -> None:
    assert translations.clashes(translations.ROOT / app for app in translations.APPS) == []


def test_a_text_that_two_apps_translate_each_in_its_own_way_is_found(tmp_path: Path) -> None:
    for name, english in (("one", "Retire"), ("other", "Retired")):
        (tmp_path / name).mkdir()
        path = app_with(tmp_path / name, '_("停用")')
        catalogue = polib.pofile(str(path))
        catalogue[0].msgstr = english
        catalogue.save()
    (told,) = translations.clashes([tmp_path / "one", tmp_path / "other"])
    assert "'停用'" in told


@pytest.mark.parametrize(
    "text",
    [
        "已结束,不能再处理。",
        "可用:%s。",
        "还有 %s(工作时间)",
        "确定吗?",
        "先停用; 再签发",
        "产品,如 %s",
        "%(a)s,共 %(b)d 个",
    ],
)
def test_half_width_marks_beside_chinese_are_found(text: str) -> None:
    assert translations.is_half_width(text)


@pytest.mark.parametrize(
    "text",
    [
        "已结束，不能再处理。",
        "如 08:30-12:00, 13:00-17:30；留空",
        "%(hour)02d:00–%(next)02d:00：%(n)d 件",
        "写 date,kind,name。",
        "写作“日期,类别”。",
        "n月j日 D H:i",
        "Only Latin, of course (here): yes?",
        "不是日历文件（iCalendar）：应以 BEGIN:VCALENDAR 开头。",
    ],
)
def test_code_quotations_and_latin_keep_their_marks(text: str) -> None:
    assert not translations.is_half_width(text)


def test_what_drawings_say_is_translated_too(tmp_path: Path) -> None:
    (tmp_path / "strip.svg").write_text('{% load i18n %}<svg aria-label="{% translate "服务期" %}"/>')
    assert [message.singular for message in translations.in_app(tmp_path)] == ["服务期"]


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures/plans").glob("*.yaml")), ids=lambda path: path.stem)
def test_what_plan_files_say_in_our_own_words_has_full_width_marks(path: Path) -> None:
    own = re.compile(r"^ *(?:- )?(?:note|remark|ways_on|name|entrances): (.*)$", re.M)
    said = [word for line in own.findall(path.read_text()) for word in line.strip("[]").split(", ")]
    assert [word for word in said if translations.is_half_width(word)] == []


def test_django_s_chinese_for_a_zero_byte_says_what_it_is() -> None:
    with override("zh-hans"):
        assert gettext("Null characters are not allowed.") == "不能含有空字符（NUL）。"
