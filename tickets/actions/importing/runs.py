"""Runs of imports: begun, gone on with batch by batch, stopped, taken up again."""

import hashlib
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from plans.models import Contract, Customer, Product, Role, User
from plans.models.people import CUSTOMER_ROLES
from sla.actors import Actor
from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.actions.importing.taking import Taken, Terms, take
from tickets.importing import spool
from tickets.importing.mapping import Mapped, read_mapping
from tickets.importing.records import Past, Problem
from tickets.models import ImportRun

State = ImportRun.State
# Tickets a transaction; the cursor moves with it.
BATCH = 100
# Problems that are kept one by one; the figure counts them all.
LISTED = 100
ONE_AT_A_TIME = 0x5402
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an export where the run finds it again."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported, and by which mapping."""

    files: Sequence[Kept]
    mapping: str
    is_dry_run: bool = False
    source: str = ""
    attachments_at: str = ""
    mapping_name: str = "mapping.yaml"


def known_codes() -> dict[str, Collection[str]]:
    """Return the codes that a mapping may name."""
    ours = User.objects.exclude(role__in=[*CUSTOMER_ROLES, Role.PARTNER])
    return {
        "customer": set(Customer.objects.values_list("code", flat=True)),
        "contract": set(Contract.objects.values_list("number", flat=True)),
        "product": set(Product.objects.values_list("code", flat=True)),
        "agent": set(ours.values_list("username", flat=True)),
    }


def start_run(*, asked: Asked, actor: Actor, at: datetime) -> ImportRun:
    """Save a run for a worker to take up. Raises ReadingError for the mapping, ActionRefusedError for the files."""
    mapped = read_mapping(asked.mapping, name=asked.mapping_name, known=known_codes())
    if asked.source and asked.source != mapped.source:
        words = _("对应关系是 %(mapped)s 的，不是 %(source)s 的。")
        raise ActionRefusedError("other_source", words % {"mapped": mapped.source, "source": asked.source})
    if not asked.files:
        raise ActionRefusedError("no_files", _("没有要导入的文件。"), ways_on=[_("选一个或几个导出的文件。")])
    return ImportRun.objects.create(
        source=mapped.source, account=mapped.account, is_dry_run=asked.is_dry_run,
        files=[_described(file) for file in asked.files], attachments_at=asked.attachments_at, mapping=asked.mapping,
        mapping_digest=hashlib.sha256(asked.mapping.encode()).hexdigest(), requested_by=actor.display[:120],
        created_at=at,
    )  # fmt: skip


def _described(file: Kept) -> dict[str, str | int]:
    return {"name": file.name[:120], "path": str(file.path), "size": file.path.stat().st_size}


def for_real(*, run: ImportRun, actor: Actor, at: datetime) -> ImportRun:
    """Begin in earnest what a dry run tried, with the same files and mapping. Raises ActionRefusedError."""
    if not run.is_dry_run or run.state != State.DONE:
        raise ActionRefusedError("not_tried", _("试运行还没有完成。"), ways_on=[_("等它完成，看过结果再导入。")])
    files = [Kept(Path(file["path"]), file["name"]) for file in run.files]
    if not all(file.path.is_file() for file in files):
        raise ActionRefusedError("files_gone", _("上传的文件已经清除。"), ways_on=[_("请重新上传。")])
    asked = Asked(files, run.mapping, attachments_at=run.attachments_at)
    return start_run(asked=asked, actor=actor, at=at)


def stop_run(*, run: ImportRun, at: datetime) -> None:
    """End a run after the batch that is under way; what it took in stays, and it can be taken up again."""
    unfinished = ImportRun.objects.unfinished().filter(pk=run.pk)
    if unfinished.update(state=State.STOPPED, finished_at=at):
        run.refresh_from_db()


def resume_run(*, run: ImportRun) -> ImportRun:
    """Take up a run that was stopped or failed, where it was. Raises ActionRefusedError for any other."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.is_unfinished:
            return locked
        if locked.state == State.DONE:
            raise ActionRefusedError("already_done", _("这次导入已经完成。"), ways_on=[_("再导入一次，只会补上新的。")])
        locked.state = State.RUNNING if spool_of(locked).is_file() else State.WAITING
        locked.finished_at, locked.error, locked.attempts = None, "", 0
        locked.save(update_fields=["state", "finished_at", "error", "attempts"])
        return locked


def spool_of(run: ImportRun) -> Path:
    """Return where a run's records are found again."""
    return folder_of(run) / "records.sqlite"


def folder_of(run: ImportRun) -> Path:
    """Return the folder of a run's own files."""
    return Path(settings.MEDIA_ROOT) / "imports" / f"run-{run.pk}"


def is_within_reach(run: ImportRun) -> bool:
    """Tell whether this machine can go on with a run: one of another's command line lies there."""
    return spool_of(run).is_file() or all(Path(file["path"]).is_file() for file in run.files)


def go_on(run: ImportRun) -> bool:
    """Do the next piece of a run, whole or not at all; tell whether it was ours to do.

    One process at a time works on a run. What a killed one had not committed is done again.
    """
    with transaction.atomic():
        if not _claimed(run):
            return False
        run.refresh_from_db()
        if run.state == State.WAITING:
            _read(run)
        elif run.state == State.RUNNING:
            _take_batch(run)
        else:
            return False
    return True


def _claimed(run: ImportRun) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [ONE_AT_A_TIME, run.pk])
        return bool(cursor.fetchone()[0])


def _read(run: ImportRun) -> None:
    """Read a run's files through and count its tickets."""
    path = spool_of(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = Taken()
    for problem in spool.fill(path, run.source, [(Path(file["path"]), file["name"]) for file in run.files]):
        taken.counts["unread"] += 1
        if len(taken.problems) < LISTED:
            taken.problems.append(problem)
    with spool.opened(path) as records:
        total = spool.count(records)
    state = State.RUNNING if total else State.DONE
    _save(run, State.WAITING, taken, state=state, total=total, finished_at=None if total else database_now())


def _take_batch(run: ImportRun) -> None:
    """Take in the next tickets, or end the run where there are none."""
    if not spool_of(run).is_file():
        ImportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(state=State.WAITING)
        return
    with spool.opened(spool_of(run)) as records:
        batch = spool.batch(records, run.source, after=run.cursor, limit=BATCH)
    at = database_now()
    if not batch:
        _save(run, State.RUNNING, Taken(), state=State.DONE, finished_at=at)
        transaction.on_commit(lambda: shutil.rmtree(folder_of(run), ignore_errors=True))
        return
    taken = _understood_batch([one.past for one in batch if one.past], run, at)
    problems = [one.problem for one in batch if one.problem]
    taken.counts["left_out"] += len(problems)
    taken.problems += problems
    _save(run, State.RUNNING, taken, cursor=batch[-1].place, done=run.done + len(batch), attempts=0)


def _understood_batch(pasts: Sequence[Past], run: ImportRun, at: datetime) -> Taken:
    return take(pasts, Terms(run, _mapped(run), at)) if pasts else Taken()


def _mapped(run: ImportRun) -> Mapped:
    """Return a run's mapping; a code that has gone since is a mistake again. Raises ReadingError."""
    return read_mapping(run.mapping, name="mapping.yaml", known=known_codes())


def _save(run: ImportRun, before: ImportRun.State, taken: Taken, **fields: object) -> None:
    """Save where a run is, unless it was stopped meanwhile: then nothing of this piece was."""
    counts = dict(run.counts)
    for name, number in taken.counts.items():
        counts[name] = counts.get(name, 0) + number
    counts["problems"] = counts.get("problems", 0) + _all_problems(taken)
    kept = [*run.problems, *_plain(taken.problems)][:LISTED]
    saved = ImportRun.objects.filter(pk=run.pk, state=before).update(counts=counts, problems=kept, **fields)
    transaction.set_rollback(not saved)


def _all_problems(taken: Taken) -> int:
    """Return how many problems a piece had, those that were not listed too."""
    return max(len(taken.problems), taken.counts["unread"])


def _plain(problems: Iterable[Problem]) -> list[Mapping[str, str]]:
    return [asdict(problem) for problem in problems]


def fail_run(*, run: ImportRun, error: str, most: int, at: datetime) -> None:
    """Note that a piece of a run raised; after its last try the run has failed, with why."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not locked.is_unfinished:
            return
        locked.attempts += 1
        locked.error = error[:400]
        if locked.attempts >= most:
            locked.state, locked.finished_at = State.FAILED, at
        locked.save(update_fields=["attempts", "error", "state", "finished_at"])
