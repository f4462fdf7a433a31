"""The whole product, started and stopped as a newcomer does."""

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.launch import processes
from tests import running

pytestmark = [pytest.mark.faults, pytest.mark.skipif(not processes.LINUX, reason="looks at processes through /proc")]


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("product")


@pytest.fixture(scope="module")
def product(var: Path) -> Iterator[running.Product]:
    with running.product(var) as started:
        yield started


def fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def test_it_is_ready_when_it_says_so(product: running.Product) -> None:
    answer = fetched(f"{product.url}/readyz")
    assert (answer["ready"], set(answer["queues"])) == (True, {"clock", "out"})


def test_run_json_says_what_a_newcomer_needs(product: running.Product) -> None:
    run = product.run_json
    assert set(run) >= {"url", "keys", "tokens", "sign_ins", "contacts"}
    assert {contact["plan"].split("-")[0] for contact in run["contacts"] if contact["certified"]} >= {
        "yonsuite",
        "kingdee",
    }


def test_a_second_runner_in_the_same_folder_is_refused(product: running.Product) -> None:
    second = running.runner(product.var)
    assert second.wait(30) == 1
    assert "already running" in (product.var / "runner.log").read_text()
    assert product.run_json


def test_what_it_wrote_for_commands_is_for_its_owner_alone(product: running.Product) -> None:
    modes = {name: (product.var / name).stat().st_mode & 0o777 for name in ("servers.json", "secret_key")}
    assert modes == {"servers.json": 0o600, "secret_key": 0o600}


def test_it_fits_into_600_megabytes(product: running.Product) -> None:
    # The demo's first report is printed just after the start, by a process that ends with it.
    end = time.monotonic() + 30
    while (size := size_of(product)) > 600 and time.monotonic() < end:
        time.sleep(1)
    assert size <= 600


def size_of(product: running.Product) -> float:
    """Return the memory that the whole product takes, in megabytes."""
    return sum(running.pss(pid) for pid in running.family(product.runner.pid))


@pytest.mark.parametrize("part", ["uvicorn", "shouyue clock", "shouyue beat", "valkey-server", "pginstall"])
def test_a_killed_part_comes_back(product: running.Product, part: str) -> None:
    at = time.time()
    victim = next(pid for pid in running.family(product.runner.pid) if part in running.command_line(pid))
    os.kill(victim, 9)
    end = time.monotonic() + 120
    while not is_ready_since(product, at) and time.monotonic() < end:
        time.sleep(0.2)
    assert is_ready_since(product, at), (product.var / "runner.log").read_text()[-4000:]


def test_a_nursery_that_is_killed_takes_none_along_and_comes_back(product: running.Product) -> None:
    before = forked(product)
    victim = nursery_of(product)
    os.kill(victim, 9)
    end = time.monotonic() + 60
    while nursery_of(product) in (None, victim) and time.monotonic() < end:
        time.sleep(0.2)
    assert nursery_of(product) not in (None, victim)
    assert forked(product) == before
    assert len(before) == 7


def forked(product: running.Product) -> set[int]:
    """Return the processes that came out of the nursery: beat, watchdog, three workers and the children of two."""
    return {pid for pid in running.family(product.runner.pid) if running.command_line(pid).startswith("shouyue ")}


def nursery_of(product: running.Product) -> int | None:
    """Return the process that loads the product for the others; None while there is none."""
    found = set(running.family(product.runner.pid)) - forked(product)
    return next((pid for pid in found if "launch.nursery" in running.command_line(pid)), None)


def is_ready_since(product: running.Product, at: float) -> bool:
    """Return whether both queues executed a tick of the beat after the instant."""
    try:
        ages = [queue["age"] for queue in fetched(f"{product.url}/readyz")["queues"].values()]
    except OSError:
        return False
    return all(age + 0.2 < time.time() - at for age in ages)


def test_it_stops_whole_and_starts_again_with_what_it_had(var: Path, product: running.Product) -> None:
    pids, key = running.family(product.runner.pid), (var / "secret_key").read_text()
    processes.stop(product.runner, patience=60)
    assert [pid for pid in pids if running.alive(pid)] == []
    assert [name for name in ("run.json", "servers.json", "sockets") if (var / name).exists()] == []
    with running.product(var) as again:
        assert again.run_json["contacts"]
        assert (var / "secret_key").read_text() == key
