"""Files of exports that came by page or API, kept until the run that needs them is done."""

import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from plans.keeping import safe_name
from sla.actors import Actor
from sla.refusals import ActionRefusedError
from sla.rules.reading import ReadingError
from tickets.actions.importing.runs import Asked, Kept, start_run
from tickets.models import ImportRun

# A dry run is looked at and then done in earnest, within these days, or it was given up.
KEPT_FOR = timedelta(days=7)
PREFIX = "upload-"


def keep_uploads(*, files: Iterable[UploadedFile]) -> list[Kept]:
    """Write uploaded files where a worker finds them, under names of ours, and return them."""
    folder = root() / f"{PREFIX}{uuid.uuid4().hex}"
    kept = []
    for number, file in enumerate(files):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / str(number)
        with path.open("wb") as written:
            for chunk in file.chunks():
                written.write(chunk)
        kept.append(Kept(path, safe_name(file.name or "file")))
    return kept


def start_uploaded(*, files: Iterable[UploadedFile], asked: Asked, actor: Actor, at: datetime) -> ImportRun:
    """Keep uploaded files and save a run of them; where it is refused, none of them is kept."""
    forget_old_uploads(at=at)
    kept = keep_uploads(files=files)
    try:
        return start_run(asked=replace(asked, files=kept), actor=actor, at=at)
    except (ReadingError, ActionRefusedError):
        _discard(kept)
        raise


def _discard(kept: Sequence[Kept]) -> None:
    for folder in {file.path.parent for file in kept}:
        shutil.rmtree(folder, ignore_errors=True)


def root() -> Path:
    """Return where imports keep what is theirs."""
    return Path(settings.MEDIA_ROOT) / "imports"


def forget_old_uploads(*, at: datetime) -> int:
    """Remove uploads of runs that ended long ago and return how many; one that may still be gone on with stays."""
    gone = 0
    needed = {Path(file["path"]).parent for run in _recent(at) for file in run.files}
    for folder in root().glob(f"{PREFIX}*") if root().is_dir() else ():
        is_old = folder.stat().st_mtime < (at - KEPT_FOR).timestamp()
        if is_old and folder not in needed:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _recent(at: datetime) -> Iterable[ImportRun]:
    unfinished = ImportRun.objects.unfinished().only("files")
    return [*unfinished, *ImportRun.objects.filter(created_at__gte=at - KEPT_FOR).only("files")]
