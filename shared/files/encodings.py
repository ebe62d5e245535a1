"""Which encoding a text is written in, where it is not UTF-8. Files come as people have them."""

import codecs


def other_encoding(head: bytes) -> str | None:
    """The encoding of a text that begins with `head`: UTF-16, or as a whole GB18030 (GBK); None for UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) * 4 > len(zeros):
            return name
    wide = [line for line in head.split(b"\n")[:-1] or [head] if not line.isascii()]
    wrong = sum(1 for line in wide if not _is_written_in("utf-8", line))
    if wrong * 2 > len(wide) and _is_written_in("gb18030", head):
        return "gb18030"
    return None


def _is_written_in(encoding: str, content: bytes) -> bool:
    """Whether `content`, which may end within a character, is text in `encoding`."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return False
    return True
