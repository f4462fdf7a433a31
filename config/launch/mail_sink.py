"""A real SMTP server on loopback that keeps each message as a file: `python -m config.launch.mail_sink PORT FOLDER`."""

import itertools
import os
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.launch.ports import LOOPBACK

SIZE_LIMIT = 32 * 1024 * 1024


class Keeper:
    """Writes what it is sent into a folder, newest name last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = itertools.count()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self.number):06d}"
        unfinished = self.folder / f".{name}"
        recipients = ", ".join(envelope.rcpt_tos)
        unfinished.write_bytes(f"X-Envelope-To: {recipients}\r\n".encode() + (envelope.original_content or b""))
        # A reader sees a whole message or none.
        unfinished.rename(self.folder / f"{name}.eml")
        return "250 OK"


def main(port: int, folder: Path) -> None:
    """Serve until asked to end."""
    folder.mkdir(parents=True, exist_ok=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    server = Controller(Keeper(folder), hostname=LOOPBACK, port=port, data_size_limit=SIZE_LIMIT)
    server.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
