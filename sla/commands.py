"""What every command of the product shares: it speaks the language of its terminal."""

import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

# As POSIX ranks them: the first that is set decides.
NAMED_IN = ("LC_ALL", "LC_MESSAGES", "LANG")
# What says nothing about a language.
UNSAID = {"", "c", "posix"}


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language that an environment asks for: Chinese where it says nothing, English for any other."""
    named = next((environment[name] for name in NAMED_IN if environment.get(name)), "")
    language = named.partition(".")[0].partition("_")[0].partition("-")[0].lower()
    return settings.LANGUAGE_CODE if language in UNSAID | {"zh"} else "en"


class Spoken(BaseCommand):
    """A command whose help, answers and refusals are in the language of its terminal; `help` is marked gettext_noop.

    Called from within the product it speaks the language in force there.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, with its help translated."""
        with translation.override(language_of(os.environ)):
            self.help = translation.gettext(type(self).help)
            return super().create_parser(prog_name, subcommand, **kwargs)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run what was typed."""
        with translation.override(language_of(os.environ)):
            super().run_from_argv(argv)
