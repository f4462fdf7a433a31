"""Commands speak the language of their terminal."""

import pytest
from django.core.management import load_command_class

from sla.commands import language_of


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "zh-hans"),
        ({"LANG": "C.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "", "LC_MESSAGES": "zh_CN"}, "zh-hans"),
    ],
)
def test_a_terminal_s_own_language_is_spoken_and_chinese_where_it_names_none(environment, language):
    assert language_of(environment) == language


def test_what_is_typed_is_answered_in_that_language(monkeypatch, capsys):
    told = {}
    for language in ("zh_CN.UTF-8", "en_US.UTF-8"):
        monkeypatch.setenv("LC_ALL", language)
        command = load_command_class("tickets", "who_is_told")
        with pytest.raises(SystemExit):
            command.run_from_argv(["manage.py", "who_is_told", "--skip-checks", "--hours", "0"])
        told[language] = capsys.readouterr().err + command.create_parser("manage.py", "who_is_told").format_help()
    assert "--hours 应在 1 到 336 之间" in told["zh_CN.UTF-8"]
    assert "推算今后几小时" in told["zh_CN.UTF-8"]
    assert "Tell who will be told" in told["en_US.UTF-8"]
    assert not any("一" <= sign <= "鿿" for sign in told["en_US.UTF-8"])
