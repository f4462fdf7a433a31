"""Keep a set of programs running, and stop them in order. Standard library only."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.launch import forked, processes

# A program that lived this long was well: its next failure starts the waiting anew.
HEALTHY_AFTER = 30.0
LONGEST_WAIT = 15.0


@dataclass(frozen=True)
class Program:
    """How to start one child and how to end it."""

    name: str
    start: Callable[[], processes.Child]
    stop_signal: int = signal.SIGTERM
    patience: float = 10.0


@dataclass
class Running:
    """One child and how often it has failed lately."""

    program: Program
    child: processes.Child
    started: float
    failures: int = 0
    again_at: float | None = None


def launch(program: Program) -> Running:
    """Start a program."""
    return Running(program, program.start(), time.monotonic())


def watch(running: Sequence[Running], stopping: threading.Event, say: Callable[[str], None]) -> None:
    """Restart what ends, with growing pauses, until `stopping` is set."""
    while not stopping.wait(0.2):
        for one in running:
            if one.child.poll() is not None:
                look_after(one, time.monotonic(), say)
        forked.bury_orphans(one.child for one in running)


def look_after(one: Running, now: float, say: Callable[[str], None]) -> None:
    """Plan the restart of a child that ended; carry it out when its pause is over."""
    if one.again_at is None:
        one.failures = 1 if now - one.started > HEALTHY_AFTER else one.failures + 1
        one.again_at = now + pause(one.failures)
        say(f"{one.program.name} 已退出（{one.child.returncode}），即将重启 / ended, restarting")
    elif now >= one.again_at:
        one.child, one.started, one.again_at = one.program.start(), now, None


def pause(failures: int) -> float:
    """Return how many seconds to wait before the next start: none at first, then doubling."""
    return min(LONGEST_WAIT, 0.5 * 2 ** (failures - 1)) if failures > 1 else 0.0


def stop_all(stages: Sequence[Sequence[Running]]) -> None:
    """End the stages one after another; within a stage all are asked at once."""
    for stage in stages:
        for one in stage:
            if one.child.poll() is None:
                one.child.send_signal(one.program.stop_signal)
        for one in stage:
            processes.settle(one.child, one.program.patience)
