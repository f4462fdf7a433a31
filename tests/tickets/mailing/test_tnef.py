"""What Outlook packs into winmail.dat comes out as the files it was, whatever the bytes are."""

import random
import struct
from email.message import EmailMessage

from tickets.mailing.reading import Allowed, read
from tickets.mailing.tnef import MOST_FILES, files_in


def attribute(kind: int, said: bytes, level: int = 2) -> bytes:
    return struct.pack("<BII", level, kind, len(said)) + said + struct.pack("<H", sum(said) % 65536)


def value(kind: int, key: int, said: bytes) -> bytes:
    return struct.pack("<HHII", kind, key, 1, len(said)) + said + b"\0" * (-len(said) % 4)


def properties(*values: bytes) -> bytes:
    return struct.pack("<I", len(values)) + b"".join(values)


def file(title: bytes, content: bytes, *values: bytes) -> bytes:
    said = attribute(0x00069005, properties(*values)) if values else b""
    return attribute(0x00069002, b"\1\0\0\0") + attribute(0x00018010, title) + attribute(0x0006800F, content) + said


# A property that has a name of its own, a picture's size, then the whole name and what the page calls it.
KEYWORDS = struct.pack("<HH", 0x1F, 0x8001) + b"g" * 16 + struct.pack("<II", 1, 6) + "abc".encode("utf-16-le") + b"\0\0"
KEYWORDS += struct.pack("<II", 1, 4) + "xy".encode("utf-16-le")
SIZE = struct.pack("<HHI", 0x03, 0x0E20, 5)
LONG = value(0x1F, 0x3707, "凭证 截图（九月）.pdf\0".encode("utf-16-le"))
CID = value(0x1E, 0x3712, b"p1@x\0")
PACKED = b"\x78\x9f\x3e\x22\x01\x00" + b"".join([
    attribute(0x00069007, struct.pack("<II", 936, 0), 1),
    file("凭证.PDF".encode("gbk") + b"\0", b"%PDF", KEYWORDS, SIZE, LONG, CID),
    file("报表.xlsx".encode("gbk") + b"\0", b"PK"),
])  # fmt: skip


def carrying(content: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "wang@customer.example", "月结报错"
    message.set_content("正文")
    message.add_attachment(content, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return message.as_bytes()


def test_files_come_out_by_their_whole_names():
    found = [(one.name, one.content_type, one.content, one.cid) for one in read(carrying(PACKED)).files]
    assert found == [
        ("凭证 截图（九月）.pdf", "application/pdf", b"%PDF", "p1@x"),
        ("报表.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK", ""),
    ]


def test_each_is_held_to_the_limits_and_what_cannot_be_read_stays_packed():
    small = read(carrying(PACKED), allowed=Allowed(each=3))
    assert ([one.name for one in small.files], [one.name for one in small.left_out]) == (
        ["报表.xlsx"], ["凭证 截图（九月）.pdf"],
    )  # fmt: skip
    for odd in (b"x" * 100, PACKED[:40], b"\x78\x9f\x3e\x22" + b"\xff" * 50):
        assert [one.name for one in read(carrying(odd)).files] == ["winmail.dat"]
    many = PACKED[:6] + file(b"a", b"b") * (MOST_FILES + 20)
    assert len(files_in(many)) == MOST_FILES


def test_no_bytes_break_it():
    for end in range(len(PACKED)):
        files_in(PACKED[:end])
    chance = random.Random(7)
    for _round in range(300):
        raw = bytearray(PACKED)
        for _byte in range(3):
            raw[chance.randrange(6, len(raw))] = chance.randrange(256)
        assert sum(len(one.content) for one in files_in(bytes(raw))) <= len(raw)
