"""Mail as programs all over write it, read to what a person said. Pure: no database."""

import base64
import time
import tracemalloc
from email.message import EmailMessage

import pytest

from tickets.mailing import Kind, read
from tickets.mailing.charsets import decoded
from tickets.mailing.folding import fold
from tickets.mailing.headers import words
from tickets.mailing.pages import as_text, safe
from tickets.mailing.reading import Allowed, Ours, unflowed

HEAD = b"From: =?utf-8?B?546L5Lya6K6h?= <Wang@Customer.example>\r\nMessage-ID: <1@customer.example>\r\n"


def mail(body: bytes = b"hello", *headers: str) -> bytes:
    return HEAD + "".join(f"{line}\r\n" for line in headers).encode() + b"\r\n" + body


@pytest.mark.parametrize(
    ("text", "written", "named"),
    [
        ("月结时提示“余额不平”，镕炜", "gb18030", "gb2312"),  # the two last characters are not in GB2312
        ("月结报错", "gbk", "GBK"),
        ("會計期間關閉失敗，着裏", "big5hkscs", "big5"),
        ("月次決算エラー", "iso2022_jp", "ISO-2022-JP"),
        ("월말 결산 오류", "euc_kr", "ks_c_5601-1987"),
        ("한글", "iso2022_kr", "iso-2022-kr"),
        ("naïve “quotes”", "cp1252", "iso-8859-1"),
        ("月结报错", "utf-8", "utf8"),
        ("月结报错", "utf-8", "us-ascii"),
    ],
)
def test_text_is_read_by_what_its_charset_means__Y18(text, written, named):
    raw = mail(text.encode(written), f"Content-Type: text/plain; charset={named}", "Content-Transfer-Encoding: 8bit")
    assert read(raw).text == text


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("月结报错".encode("gbk"), "utf-8", "月结报错"),
        ("月结报错".encode("gbk"), "unknown-8bit", "月结报错"),
        ("月结报错".encode(), "gb2312", "月结报错"),
        ("月结报错".encode(), "no-such-charset", "月结报错"),
        ("月结报错".encode()[:-1], "utf-8", "月结报"),
        (b"\x1b$)A\x0eVPND\x0f abc", "iso-2022-cn", "中文 abc"),
        (b"a\x00b\xff", "utf-8", None),
        (b"plain", "", "plain"),
        ("月结报错，请看".encode("gbk"), "iso-8859-1", "月结报错，请看"),
        ("café ¿Qué? Ã".encode("cp1252"), "iso-8859-1", "café ¿Qué? Ã"),
    ],
)
def test_a_charset_that_lies_is_found_out_and_nothing_is_unstorable(raw, charset, text):
    found, _sure = decoded(raw, charset)
    assert text is None or found == text
    assert "\x00" not in found
    found.encode()


def test_header_words_cut_within_a_character_are_joined_before_they_are_read():
    whole = "月结报错".encode()
    one, other = (base64.b64encode(part).decode() for part in (whole[:4], whole[4:]))
    assert words(f"=?utf-8?B?{one}?=\r\n =?UTF-8?B?{other}?= 2".encode()) == ("月结报错 2", True)


def test_a_header_that_names_no_charset_is_read_by_the_mail_s_and_never_turned_round():
    raw = b"Subject: " + "測試".encode("big5") + b"\r\n" + mail(b"x", "Content-Type: text/plain; charset=big5")
    assert read(raw).subject == "測試"
    assert words("凭证\u202egpj.exe".encode())[0] == "凭证gpj.exe"


@pytest.mark.parametrize(
    "raw",
    [b"=?utf-8?B?!!!?=", b"=?utf-8?Q?=E6=9C?=", b"=?nothing?B?5pyI?=", b"=?utf-8?X?abc?=", "月结".encode("gbk"), b"=?"],
)
def test_broken_header_words_are_still_words(raw):
    words(raw)[0].encode()


@pytest.mark.parametrize(
    ("kind", "quoted"),
    [
        ("gmail zh", "在 2026年9月28日周一 09:00，客服 <a@b.example> 写道：\n\n> 旧内容"),
        ("gmail zh, newer", "客服 <support@b.example> 于2026年9月28日周一 09:00写道：\n\n> 旧内容"),
        ("gmail en, broken", "On Mon, Sep 28, 2026 at 9:00 AM Support Desk\n<support@b.example> wrote:\n\n> 旧内容"),
        ("apple zh", "> 在 2026年9月28日，09:00，客服 <a@b.example> 写道：\n> \n> 旧内容"),
        ("outlook zh", "________________________________\n发件人: 客服 <a@b.example>\n发送时间: 2026年9月28日 9:00\n"
         "收件人: 王会计\n主题: 回复: 月结\n\n旧内容"),
        ("outlook tw", "寄件者: 客服 <a@b.example>\n寄件日期: 2026年9月28日\n收件者: 王\n主旨: 月結\n\n旧内容"),
        ("outlook en", "From: Support <a@b.example>\nSent: Monday, September 28, 2026\nTo: Wang\nSubject: x\n\n旧内容"),
        ("outlook en, old", "-----Original Message-----\nFrom: Support\nSent: Monday\nTo: Wang\nSubject: x\n\n旧内容"),
        ("qq", '------------------ 原始邮件 ------------------\n发件人: "客服" <a@b.example>;\n日期: 2026\n\n旧内容'),
        ("qq html", "------------------&nbsp;原始邮件&nbsp;------------------\n发件人: 客服\n\n旧内容"),
        ("foxmail", "\u00a0\n发件人： 客服\n发送时间： 2026-09-28 09:00\n收件人： 王会计\n主题： 月结\n旧内容"),
        ("163", 'At 2026-09-28 09:00:00, "客服" <a@b.example> wrote:\n>旧内容'),
        ("163 zh", '在 2026-09-28 09:00:00，"客服" <a@b.example> 写道：\n>旧内容'),
        ("exmail", '------------------ Original ------------------\nFrom: "Desk"<a@b.example>;\n\n旧内容'),
        ("tencent", "---- 回复的原邮件 ----\n| 发件人 | 客服 |\n\n旧内容"),
        ("bare", "> 旧内容\n> 更旧"),
    ],
)  # fmt: skip
def test_quoted_reply_is_folded_away_whatever_program_wrote_it(kind, quoted):
    found = fold(f"问题还在，第二张凭证也一样。\n\n{quoted}\n")
    assert found.words == "问题还在，第二张凭证也一样。"
    assert "旧内容" in found.quoted


@pytest.mark.parametrize(
    "text",
    [
        "在 2026 年的报表里，客户写道：余额不平。请看附件。",
        "发件人: 这一栏是空的，请问怎么办？\n\n谢谢",
        "On Monday we wrote:\nnothing came of it",
        "自动回复功能报错\n第二行",
        "---------- Forwarded message ---------\nFrom: a <a@b.example>\nDate: x\nTo: y\nSubject: z\n\n请处理这封信",
    ],
)
def test_what_only_looks_like_a_quotation_is_not_folded(text):
    assert fold(text).words == text


def test_answers_between_the_quoted_lines_keep_what_they_answer_to():
    text = "在 2026年9月28日，客服 <a@b.example> 写道：\n> 哪个期间？\n9 月。\n> 哪个账簿？\n主账簿。"
    assert fold(text).words == "> 哪个期间？\n9 月。\n> 哪个账簿？\n主账簿。"


def test_an_answer_below_the_quotation_is_the_new_part():
    found = fold("On Mon, Sep 28, 2026 Support <a@b.example> wrote:\n> Which period?\n\nSeptember.")
    assert (found.words, found.quoted) == (
        "September.", "On Mon, Sep 28, 2026 Support <a@b.example> wrote:\n> Which period?",
    )  # fmt: skip


@pytest.mark.parametrize(
    "note", ["-- \n王会计\n财务部", "发自我的iPhone", "Sent from my iPhone", "Get Outlook for iOS"]
)
def test_signature_stands_apart(note):
    found = fold(f"还是不行。\n\n{note}")
    assert found.words == "还是不行。"
    assert found.signature


def test_flowed_text_is_put_together_again():
    assert unflowed("one \ntwo\nthree\n-- \nme", joins=False) == "one two\nthree\n-- \nme"
    assert unflowed("月结 \n报错", joins=True) == "月结报错"
    assert unflowed("> old \n> text\n", joins=False) == "> old text\n"


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["Subject: 月结报错"], Kind.HUMAN),
        (["Subject: 自动回复功能报错怎么办"], Kind.HUMAN),
        (["Subject: x", "X-Auto-Response-Suppress: All"], Kind.HUMAN),
        (["Subject: x", "Auto-Submitted: no"], Kind.HUMAN),
        (["Subject: x", "Auto-Submitted: auto-replied; owner-email=x"], Kind.AUTO_REPLY),
        (["Subject: x", "Auto-Submitted: auto-generated"], Kind.AUTO_REPLY),
        (["Subject: 自动回复: 我在休假"], Kind.AUTO_REPLY),
        (["Subject: Automatic reply: Away"], Kind.AUTO_REPLY),
        (["Subject: Out of Office"], Kind.AUTO_REPLY),
        (["Subject: x", "X-Autoreply: yes"], Kind.AUTO_REPLY),
        (["Subject: x", "Precedence: auto_reply"], Kind.AUTO_REPLY),
        (["Subject: x", "Return-Path: <>"], Kind.AUTO_REPLY),
        (["Subject: x", "Precedence: bulk"], Kind.BULK),
        (["Subject: x", "List-Id: <news.example>"], Kind.BULK),
        (["Subject: x", "X-Shouyue-Loop: support.example"], Kind.OWN),
        (["Subject: x", "X-Shouyue-Loop: other.example"], Kind.HUMAN),
        (["Subject: x"] + ["Received: from a"] * 60, Kind.LOOP),
    ],
)
def test_robots_are_told_from_people(lines, kind):
    assert read(mail(b"x", *lines), ours=Ours(loop="support.example")).kind == kind


def test_mail_from_an_address_of_ours_is_our_own():
    assert read(mail(), ours=Ours(addresses=frozenset({"wang@customer.example"}))).kind == Kind.OWN


@pytest.mark.parametrize(
    ("lines", "trusted", "is_verified"),
    [
        (["Authentication-Results: mx.ours.example; dmarc=pass header.from=customer.example"], "mx.ours.example", True),
        (["Authentication-Results: mx.ours.example; spf=pass; dmarc=fail"], "mx.ours.example", False),
        (["Authentication-Results: mx.ours.example; spf=pass"], "mx.ours.example", None),
        (["Authentication-Results: mx.theirs.example; dmarc=pass"], "mx.ours.example", None),
        (["Authentication-Results: mx.ours.example; dmarc=fail", "Authentication-Results: mx.ours.example; dmarc=pass"],
         "mx.ours.example", False),
        (["Authentication-Results: mx.ours.example; dmarc=pass"], "", None),
    ],
)  # fmt: skip
def test_a_sender_is_vouched_for_by_our_own_server_alone(lines, trusted, is_verified):
    assert read(mail(b"x", *lines), ours=Ours(trusted=trusted)).is_verified is is_verified


BOUNCE = """From: MAILER-DAEMON@mx.example
Return-Path: <>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Gone@Customer.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} User unknown
--b
Content-Type: message/rfc822

Message-ID: <abc.T-2026-000001@support.example>
Subject: x

--b--
"""


@pytest.mark.parametrize(("action", "status", "is_permanent"), [("failed", "5.1.1", True), ("delayed", "4.4.7", False)])
def test_a_bounce_says_which_mail_came_back_and_why(action, status, is_permanent):
    letter = read(BOUNCE.format(action=action, status=status).encode())
    [report] = letter.reports
    assert letter.kind == Kind.BOUNCE
    assert (report.message_id, report.recipient) == ("abc.T-2026-000001@support.example", "gone@customer.example")
    assert (report.status, report.is_permanent) == (status, is_permanent)
    assert "User unknown" in report.reason


PROVIDER = """From: {sender}
Subject: 系统退信
{headers}Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/html; charset=utf-8

抱歉，您的邮件被退回来了。{words}
--b
{returned}
--b--
"""


@pytest.mark.parametrize(
    ("headers", "returned", "words", "found"),
    [
        ("", "Content-Type: message/rfc822\n\nMessage-ID: <a@ours.example>\nTo: gone@163.example\n\nx",
         "550 5.1.1 收件人不存在", ("gone@163.example", "5.1.1")),
        ("In-Reply-To: <a@ours.example>\nX-Failed-Recipients: gone@163.example\n", "Content-Type: text/plain\n\n",
         "邮箱不存在", ("gone@163.example", "5.0.0")),
        ("References: <a@ours.example>\n", "Content-Type: text/plain\n\n", "系统会继续尝试", ("", "4.0.0")),
    ],
)  # fmt: skip
def test_a_provider_s_own_report_says_which_mail_came_back(headers, returned, words, found):
    raw = PROVIDER.format(sender="Postmaster@163.example", headers=headers, returned=returned, words=words).encode()
    [report] = read(raw).reports
    assert (report.message_id, report.recipient, report.status) == ("a@ours.example", *found)
    assert "退回" in report.reason
    forged = PROVIDER.format(sender="a@163.example", headers=headers, returned=returned, words=words).encode()
    assert read(forged).reports == ()


@pytest.mark.parametrize("kind", ["application/pkcs7-mime; smime-type=enveloped-data", "application/pgp-encrypted"])
def test_a_sealed_mail_says_so(kind):
    assert "sealed" in read(mail(b"MIIB", f"Content-Type: {kind}")).flaws


def test_a_mail_of_many_parts_gives_text_safe_page_and_files():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "王会计 <wang@customer.example>", "s@b.example", "月结报错"
    message.set_content("正文")
    message.add_alternative(
        '<p onclick="x()">正文<script>x()</script><img src="cid:p1"><img src="http://t/x"></p>', "html"
    )
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="凭证 截图.pdf")
    message.add_attachment(b"x" * 100, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    inner = EmailMessage()
    inner["Subject"] = "转发的"
    inner.set_content("里面")
    message.add_attachment(inner)
    letter = read(message.as_bytes(), allowed=Allowed(each=50))
    assert letter.text.strip() == "正文"
    assert (letter.files[0].name, letter.files[0].content_type) == ("凭证 截图.pdf", "application/pdf")
    assert [each.name for each in letter.left_out] == ["winmail.dat", "message.eml"]
    assert "script" not in letter.html
    assert "onclick" not in letter.html
    assert "http://t/x" not in letter.html
    assert 'src="cid:p1"' in letter.html


def test_a_mail_of_html_alone_has_its_words_with_what_it_quotes():
    page = "<style>p{}</style><div>问题&nbsp;还在</div><div>在 2026年9月28日，客服 &lt;a@b.example&gt; 写道：</div>"
    page += "<blockquote>旧<br>内容</blockquote>"
    assert as_text(page) == "问题 还在\n在 2026年9月28日，客服 <a@b.example> 写道：\n> 旧\n> 内容"
    letter = read(mail(page.encode(), "Content-Type: text/html; charset=utf-8"))
    assert (letter.folded.words, letter.sender.address, letter.sender.name) == (
        "问题 还在",
        "wang@customer.example",
        "王会计",
    )


@pytest.mark.parametrize(
    "page",
    [
        '<a href="javascript:x()">a</a>', "<svg onload=x()>", '<img src=x onerror="x()">',
        "<b><script>x()</scr<script>ipt>",
        '<a href=" java&#10;script:x()">a</a>', '<div style="background:url(javascript:x())">a</div>',
        "<iframe src=//e></iframe>", '<form action="//e"><input></form>', "<base href=//e>", "<math><mi//xlink:href=x>",
        '<meta http-equiv="refresh" content="0;url=//e">', "<object data=//e>", '<link rel="stylesheet" href="//e">',
    ],
)  # fmt: skip
def test_a_page_runs_nothing_and_loads_nothing(page):
    found = safe(page).lower()
    assert not any(
        word in found for word in ("javascript:", "onload", "onerror", "<script", "style", "//e", "<svg", "<math")
    )


def test_the_same_mail_by_another_way_is_the_same():
    one = mail(b"body", "Received: from a", "Subject: x")
    other = mail(b"body", "Received: from b", "Delivered-To: c@d.example", "Subject: x")
    assert read(one).digest == read(other).digest != read(mail(b"bodY", "Subject: x")).digest


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\r\n", b"\x00\xff" * 100, b"no headers at all",
        b"From: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 
        b"Content-Type: text/plain; charset=\"\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary*=utf-8''%zz\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
    ],
)  # fmt: skip
def test_whatever_the_bytes_are_there_is_a_letter(raw):
    letter = read(raw)
    letter.text.encode()
    letter.subject.encode()


def nested(depth: int, core: bytes) -> bytes:
    raw = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    for each in range(depth):
        raw += b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (each, each + 1)
    return raw + b"--b%d\r\n\r\n" % depth + core


def html(page: bytes) -> bytes:
    return mail(page, "Content-Type: text/html; charset=utf-8")


HOSTILE = {
    "200 nested parts": nested(200, b"hello\r\n" * 150_000),
    "5,000 parts beside each other": mail(b"--x\r\n\r\ny\r\n" * 5_000, "Content-Type: multipart/mixed; boundary=x"),
    "10,000 headers": mail(b"x", *(f"X-{n}: y" for n in range(10_000))),
    "a line of 1 MB": mail(b"a" * 1_000_000),
    "a subject of 1 MB": mail(b"x", "Subject: " + "=?utf-8?q?" * 100_000),
    "a From of 1 MB": b"From: " + b"<" * 500_000 + b'"' * 500_000 + b"\r\n\r\nx",
    "a type of 1 MB": mail(b"x", "Content-Type: text/plain" + "; a=b" * 200_000),
    "100,000 quotation marks": mail(b">" * 100_000 + b"\n" + b"> > > \n" * 20_000),
    "100,000 times On": mail(b"On " * 100_000 + b"\n" + b"On 1\n" * 50_000),
    "headers of blocks": mail("发件人: a\n".encode() * 30_000),
    "open tags": html(b"<a <b <i " * 40_000),
    "deep divs": html(b"<div>" * 60_000),
    "deep quotations": html(b"<blockquote>" * 30_000 + b"x"),
    "formatting elements": html(b"<b><i><u><s>" * 25_000),
    "attributes": html(b"<a " + b" ".join(b"a%d=" % n for n in range(60_000)) + b">x</a>"),
    "entities": html(b"&amp;" * 80_000 + b"&" * 100_000),
    "a zip bomb": mail(base64.encodebytes(b"PK\x03\x04" + b"\0" * 3_000_000),
                       'Content-Type: application/zip; name="a.zip"',
                       "Content-Transfer-Encoding: base64"),
    "an attachment of 30 MB": mail(b"QUJD\r\n" * 5_000_000, 'Content-Type: application/pdf; name="a.pdf"',
                                   "Content-Transfer-Encoding: base64"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_within_a_second(name):
    began = time.process_time()
    read(HOSTILE[name])
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("name", ["200 nested parts", "a zip bomb", "an attachment of 30 MB", "deep divs"])
def test_a_hostile_mail_needs_less_than_100_MB(name):
    tracemalloc.start()
    read(HOSTILE[name])
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * 1024 * 1024
