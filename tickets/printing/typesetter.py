"""The program that sets one document, in a process of its own: it is large, and what it reads came from people.

Called with a folder: `main.typ`, `content.json` and pictures in it, `out.pdf` or words on the error stream out of it.
"""

import contextlib
import resource
import sys
from pathlib import Path

import typst

FONTS = Path(__file__).resolve().parent / "fonts"
MEMORY = 1 << 30  # bytes of address space; a report of thirty pages takes a fifth of it
SECONDS = 60  # of computing
LARGEST = 64 << 20  # bytes of any file written


def limit_itself() -> None:
    """Take from this process what it does not need, so that no document can take the machine along."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS knows these limits and refuses some of them; the time limit of whoever waits holds there too.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def typeset(folder: Path, language: str, system_fonts: bool) -> None:
    """Write `out.pdf`: tagged, for keeping and for screen readers, without the time of its making."""
    compiler = typst.Compiler(
        folder / "main.typ",
        root=folder,
        font_paths=[FONTS],
        ignore_system_fonts=not system_fonts,
        sys_inputs={"language": language},
        package_path=folder,
        package_cache_path=folder,
    )
    try:
        # For keeping, and for everybody.
        compiler.compile(output=folder / "out.pdf", timestamp=0, pdf_standards=["a-2a", "ua-1"])
    except typst.TypstError:
        # The standards allow no character that no font here has; a name with such a one is printed with a box in it.
        compiler.compile(output=folder / "out.pdf", timestamp=0)


def main() -> None:
    """Set the document that the command line names; leave with 1 and words when it cannot be."""
    folder, language, system_fonts = sys.argv[1:]
    limit_itself()
    try:
        typeset(Path(folder), language, system_fonts == "system-fonts")
    except typst.TypstError as error:
        sys.exit("\n".join([error.message, *error.hints, *error.trace][:20]))


if __name__ == "__main__":
    main()
