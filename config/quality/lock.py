"""Write the locked requirements anew from the `.in` files beside them."""

import subprocess
import sys

from config.launch.environment import REQUIREMENTS

# Each is held to the ones before it, so that all can be installed together.
GROUPS = ["base", "dev", "e2e", "bench"]


def lock(group: str) -> None:
    """Resolve one group for every system and Python that we support, with the hash of every file."""
    choices = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--quiet"]
    subprocess.run(
        [
            *[sys.executable, "-m", "uv", "pip", "compile", *choices],
            *["--only-binary", ":all:", "--custom-compile-command", "make lock"],
            *[f"{group}.in", "-o", f"{group}.txt"],
        ],
        check=True,
        cwd=REQUIREMENTS,
    )


if __name__ == "__main__":
    for name in GROUPS:
        lock(name)
