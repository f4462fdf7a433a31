"""For how many days what came in, went out or was said is kept, by kind; 0 is for ever."""

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

# Two normal years where a right may still be argued about, less for what nobody asks for again.
DAYS = {
    "raw": 180,
    "letters": 180,
    "tries": 90,
    "dead": 365,
    "mails": 180,
    "chats": 90,
    "recordings": 365,
    "transcripts": 365,
}
# A month at least, so that a slip of the hand takes nothing that is still being worked on; a hundred years at most.
LEAST, MOST = 30, 36_500


def variable(kind: str) -> str:
    """Return the name of the variable that says how long a kind is kept."""
    return f"KEEP_{kind.upper()}_DAYS"


def days(env: Env) -> dict[str, int]:
    """Return the days of each kind. Raises ImproperlyConfigured for what is no such number."""
    return {kind: _days(env, variable(kind), usual) for kind, usual in DAYS.items()}


def _days(env: Env, name: str, usual: int) -> int:
    try:
        said = env.int(name, usual)
    except EnvError:
        said = -1
    if said != 0 and not LEAST <= said <= MOST:
        raise ImproperlyConfigured(
            f"{name} is {env.str(name)!r}; it must be a number of days from {LEAST} to {MOST}, or 0 for ever"
        )
    return said
