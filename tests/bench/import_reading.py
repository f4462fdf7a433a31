"""Read an export through in a process of its own, and tell what that cost."""

import json
import resource
import sys
import time
from pathlib import Path

from tickets.importing import spool

BATCH = 100


def read_through(path: Path) -> dict[str, float]:
    """Return what reading an export into a spool, and every batch out of it, costs this process."""
    began = time.perf_counter()
    kept = path.with_suffix(".sqlite")
    assert list(spool.fill(kept, "zendesk", [(path, path.name)])) == []
    seconds = time.perf_counter() - began
    with spool.opened(kept) as records:
        place = 0
        while batch := spool.batch(records, "zendesk", after=place, limit=BATCH):
            place = batch[-1].place
    return {"seconds": seconds, "memory": peak()}


def peak() -> float:
    """Return the most memory that this process ever held, in MB; what its parent held does not count where told."""
    status = Path("/proc/self/status")
    if status.exists():
        held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(held.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


if __name__ == "__main__":
    print(json.dumps(read_through(Path(sys.argv[1]))))
