"""Ports on loopback. Standard library only."""

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As a server does: a port whose last connections are still closing may be taken again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        # The second is a number that no port has.
        except (OSError, OverflowError):
            return False
    return True


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def first_free(wished: int) -> int:
    """Return the wished port, or the next free one after it."""
    return next(port for port in range(wished, 65536) if is_free(port))
