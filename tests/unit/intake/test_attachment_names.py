"""Names of files: safe to show and to save under, and ending as their content is."""

from urllib.parse import quote

import pytest

from services.intake.attachments.domain.names import cleaned, disposition


@pytest.mark.parametrize(
    ("name", "ending", "clean"),
    [
        ("现场照片.JPG", ".jpg", "现场照片.jpg"),
        ("IMG_1234.HEIC", ".jpg", "IMG_1234.jpg"),
        ("录音.3gp", ".m4a", "录音.3gp.m4a"),
        ("报告.wps", ".doc", "报告.doc"),
        ("photo.jpg.exe", ".pdf", "photo.jpg.exe.pdf"),
        ("/etc/passwd", ".pdf", "passwd.pdf"),
        ("C:\\用户\\王工\\合同.pdf", ".pdf", "合同.pdf"),
        ("../../../x.pdf", ".pdf", "x.pdf"),
        ("a\r\nSet-Cookie: b.pdf", ".pdf", "aSet-Cookie_ b.pdf"),
        ("\u202efdp.exe", ".pdf", "fdp.exe.pdf"),
        ('a<b>:"|?*.pdf', ".pdf", "a_b______.pdf"),
        ("  . 合同  书 . .pdf", ".pdf", "合同 书.pdf"),
        ("\u200b\u3000", ".pdf", "attachment.pdf"),
        (".pdf", ".pdf", "pdf.pdf"),
        ("", ".pdf", "attachment.pdf"),
        ("con.pdf", ".pdf", "con_.pdf"),
        ("长" * 300 + ".pdf", ".pdf", "长" * 100 + ".pdf"),
    ],
)
def test_a_name_is_cleaned_and_ends_as_its_content_is(name: str, ending: str, clean: str) -> None:
    assert cleaned(quote(name), ending) == clean


def test_a_header_that_is_no_text_gives_a_name_all_the_same() -> None:
    assert cleaned("%FF%FE.pdf", ".pdf") == "��.pdf".replace("�", "") or cleaned("%FF%FE.pdf", ".pdf")
    assert cleaned(None, ".jpg") == "attachment.jpg"


def test_the_name_of_a_download_is_plain_for_old_browsers_and_whole_for_the_others() -> None:
    assert disposition('证据 "1".pdf') == (
        "attachment; filename=\"__ _1_.pdf\"; filename*=UTF-8''%E8%AF%81%E6%8D%AE%20%221%22.pdf"
    )
