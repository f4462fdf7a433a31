"""The demo's articles, as customers find them."""

import pytest

from tests.hours import beijing
from tests.world import World
from tickets.actions.knowledge.stocking import stock
from tickets.demo.library import SHELVES
from tickets.knowledge.loading import read
from tickets.models import Article

STOCKED = beijing("2026-09-01 09:00")


@pytest.fixture
def library(world: World) -> World:
    """Return the world with both vendors' articles in place."""
    stock(libraries=read(SHELVES), author="知识运营", at=STOCKED)
    return world


def last(article: Article) -> str:
    """Return the stamp of the version that an author has before them."""
    return article.versions.latest("number").stamp
