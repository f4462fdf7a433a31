"""What the runner's mail server received can be read in a browser, and can do nothing there."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config import urls

NAME = "1790000000000000000-7-000001"
LETTER = """X-Envelope-To: wang@example.cn\r
Subject: =?utf-8?b?5pyI57uT?= <script>alert(1)</script>\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
plain words\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<p style="color:red">HTML words<script>alert(2)</script></p>\r
--b--\r
"""


@pytest.fixture
def received(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO_MAIL = tmp_path
    settings.ROOT_URLCONF = "tests.config.demo_mail_urls"
    (tmp_path / f"{NAME}.eml").write_text(LETTER, newline="")
    return tmp_path


def test_the_list_names_reader_and_subject(client: Client, received: Path):
    page = client.get("/demo/mail/").content.decode()
    assert "wang@example.cn" in page
    assert "月结 &lt;script&gt;" in page
    assert f"/demo/mail/{NAME}/" in page


def test_an_empty_list_says_what_will_appear(client: Client, received: Path):
    (received / f"{NAME}.eml").unlink()
    assert "受理回执会出现在这里" in client.get("/demo/mail/").content.decode()


def test_a_letter_is_shown_as_text_and_in_a_powerless_frame(client: Client, received: Path):
    page = client.get(f"/demo/mail/{NAME}/")
    assert "plain words" in page.content.decode()
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    frame = client.get(f"/demo/mail/{NAME}/html/")
    policy = frame.headers["Content-Security-Policy"]
    assert "HTML words" in frame.content.decode()
    assert "sandbox allow-popups" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["1-1-1", "..", "secret_key", "1790000000000000000-7-000001.eml"])
def test_no_other_file_is_read(client: Client, received: Path, name: str):
    (received.parent / "secret_key").write_text("x")
    assert client.get(f"/demo/mail/{name}/").status_code == 404


def test_real_mail_is_never_shown(client: Client):
    assert not [pattern for pattern in urls.urlpatterns if "demo" in str(pattern.pattern)]
    assert client.get("/demo/mail/").status_code == 404
