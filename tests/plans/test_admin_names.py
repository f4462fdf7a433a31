"""Every model and field has a name in Chinese and in English."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.utils import translation

OURS = [model for name in ("sla", "plans", "tickets") for model in apps.get_app_config(name).get_models()]
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")


def names_of(model, language):
    """Return what a person may read of a model: its names, its fields' names and their hints, by where they stand."""
    with translation.override(language):
        names = {"one": model._meta.verbose_name, "many": model._meta.verbose_name_plural}
        for field in model._meta.fields:
            names[field.name] = field.verbose_name
            names[f"{field.name} hint"] = field.help_text
        return {place: str(name) for place, name in names.items() if name and place != "id"}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_names_are_chinese_for_who_reads_chinese(model):
    assert {place: name for place, name in names_of(model, "zh-hans").items() if not CHINESE.search(name)} == {}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_names_are_english_for_who_reads_english(model):
    assert {place: name for place, name in names_of(model, "en").items() if CHINESE.search(name)} == {}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_no_two_fields_of_a_model_have_one_name(model):
    for language in ("zh-hans", "en"):
        with translation.override(language):
            names = [str(field.verbose_name).lower() for field in model._meta.fields]
        assert len(set(names)) == len(names), (language, names)


def test_apps_and_site_are_named_in_both_languages():
    for language, is_chinese in (("zh-hans", True), ("en", False)):
        with translation.override(language):
            said = [str(apps.get_app_config(name).verbose_name) for name in ("sla", "plans", "tickets")]
            said += [str(admin.site.site_header), str(admin.site.index_title)]
        assert [bool(CHINESE.search(name)) for name in said] == [is_chinese] * len(said)
