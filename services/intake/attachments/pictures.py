"""Has a picture written anew without metadata, by a program of its own (`reencoding`)."""

import asyncio
import sys
from pathlib import Path

from services.intake.attachments.kinds import broken
from services.intake.attachments.picture_bounds import MOST_PIXELS, PROGRAM, TOO_LARGE, UNREADABLE, WRITTEN
from shared.service.errors import Unsupported

WAIT_S = 90.0


async def without_metadata(source: Path, target: Path, media_type: str, most_pixels: int) -> None:
    """Write the picture of `source` into `target`. Unsupported where too large, Invalid where broken."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        PROGRAM,
        str(source),
        str(target),
        media_type,
        str(most_pixels),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WAIT_S):
            code = await process.wait()
    except TimeoutError:
        code = UNREADABLE
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code == TOO_LARGE:
        raise _too_large(most_pixels)
    if code != WRITTEN:
        raise broken("图片无法读取", "the picture cannot be read")


def _too_large(most_pixels: int) -> Unsupported:
    """JPEG may have more pixels than other pictures: it is made smaller while it is read."""
    other = min(MOST_PIXELS, most_pixels) // 1_000_000
    jpeg = most_pixels // 1_000_000
    return Unsupported(
        f"图片像素过多：JPEG 最多 {jpeg} 百万像素，其他格式最多 {other} 百万像素，请缩小后再上传",
        f"the picture is too large: JPEG has at most {jpeg} megapixels, others {other}; make it smaller",
        "body",
    )
