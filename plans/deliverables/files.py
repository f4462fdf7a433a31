"""Files that may be handed over: known by what they hold, not by what they are called."""

import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _

from plans.keeping import safe_name, store
from plans.refusals import RefusedError

# Of all files of one handing over together, in bytes.
LARGEST = 20 * 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."
PLAIN = {
    b"%PDF-": ("pdf", "application/pdf"),
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpg", "image/jpeg"),
}
# By the folder that a document of each kind keeps its text in.
ZIPPED = {
    "word/": ("docx", f"{OFFICE}wordprocessingml.document"),
    "xl/": ("xlsx", f"{OFFICE}spreadsheetml.sheet"),
    "ppt/": ("pptx", f"{OFFICE}presentationml.presentation"),
}
ENDINGS = {"jpg": ("jpg", "jpeg")}
NAMES = "PDF, DOCX, XLSX, PPTX, PNG, JPG"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file whose bytes are kept already."""

    name: str
    content_type: str
    size: int
    sha256: str
    is_generated: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """Return the columns of its row."""
        return asdict(self)


def keep_all(files: Iterable[tuple[str, bytes]]) -> list[KeptFile]:
    """Check files by name and content, keep their bytes and return them; none is kept where one is refused.

    Raises RefusedError for an empty file, one of another kind, one with macros, and more than fits together.
    """
    found = list(files)
    if sum(len(content) for _name, content in found) > LARGEST:
        raise too_large()
    kinds = [kind_of(name, content) for name, content in found]
    return [
        KeptFile(_named(name, ending), content_type, len(content), store(content))
        for (name, content), (ending, content_type) in zip(found, kinds, strict=True)
    ]


def keep_generated(name: str, content: bytes) -> KeptFile:
    """Keep the bytes of a report that the product made, and return it."""
    ending, content_type = kind_of(name, content)
    return KeptFile(_named(name, ending), content_type, len(content), store(content), is_generated=True)


def too_large() -> RefusedError:
    """Return the refusal of more bytes than are taken at once."""
    ways_on = [_("压缩图片，或分成几份交付。")]
    return RefusedError("too_large", _("文件合计最多 %d MB。") % (LARGEST >> 20), ways_on=ways_on)


def kind_of(name: str, content: bytes) -> tuple[str, str]:
    """Return the ending and the type of a file by its content. Raises RefusedError for what is not handed over."""
    if not content:
        raise RefusedError("empty_file", _("“%s”是空的。") % safe_name(name))
    plain = next((kind for magic, kind in PLAIN.items() if content.startswith(magic)), None)
    kind = _zipped(name, content) if content.startswith(b"PK\x03\x04") else plain
    if kind is None:
        raise RefusedError(
            "other_kind", _("“%(name)s”的内容不是可以交付的类型。") % {"name": safe_name(name)},
            ways_on=[_("可以交付：%s。") % NAMES, _("旧格式的文档请另存为 PDF 或 DOCX。")],
        )  # fmt: skip
    return kind


def _zipped(name: str, content: bytes) -> tuple[str, str] | None:
    """Return the kind of an office document; None for any other archive, and for one that cannot be read."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError):
        return None
    if any(member.lower().endswith("vbaproject.bin") for member in members):
        raise RefusedError(
            "macros", _("“%s”带有宏，不能交付给客户。") % safe_name(name), ways_on=[_("另存为不带宏的文档或 PDF。")]
        )
    if "[Content_Types].xml" not in members:
        return None
    return next((kind for folder, kind in ZIPPED.items() if any(one.startswith(folder) for one in members)), None)


def _named(name: str, ending: str) -> str:
    """Return a safe name that ends in what the file is."""
    plain = safe_name(name)
    if plain.lower().rpartition(".")[2] in ENDINGS.get(ending, (ending,)) and "." in plain:
        return plain
    return safe_name(f"{plain}.{ending}")
