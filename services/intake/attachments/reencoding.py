"""Writes a picture anew: turned upright, in the usual colours, without metadata.

It is a program of its own with bounds of memory and time, since it decodes what strangers made:

    python -m services.intake.attachments.reencoding SOURCE TARGET MEDIA_TYPE MOST_PIXELS

It ends with one of the codes of `picture_bounds`.
"""

import contextlib
import io
import os
import resource
import struct
import sys
import warnings
from pathlib import Path

import pi_heif
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, UnidentifiedImageError

from services.intake.attachments.picture_bounds import MOST_PIXELS, TOO_LARGE, UNREADABLE, WRITTEN

MEMORY_BYTES = 1024 * 2**20
CPU_S = 40
MOST_WRITTEN = 256 * 2**20
COMFORTABLE_PIXELS = 24_000_000
"""A JPEG with more is made half as wide, or a quarter: that needs no memory for all of its pixels."""
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
_QUALITY = 90
_UNREADABLE = (OSError, ValueError, SyntaxError, struct.error, MemoryError, EOFError, LookupError, TypeError)


def main(source: str, target: str, media_type: str, most_pixels: str) -> int:
    """Write the picture, for its owner alone; returns how that ended."""
    os.umask(0o077)
    _bound()
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=[_FORMATS[media_type]]) as picture:
            if not _fits(picture, int(most_pixels)):
                return TOO_LARGE
            _write(picture, Path(target))
    except Image.DecompressionBombError:
        return TOO_LARGE
    except (*_UNREADABLE, UnidentifiedImageError):
        return UNREADABLE
    return WRITTEN


def _bound() -> None:
    for bound, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(bound, (most, most))


def _fits(picture: Image.Image, most_pixels: int) -> bool:
    """Whether the picture can be decoded; a large JPEG is set to be decoded smaller."""
    width, height = picture.size
    if picture.format not in ("JPEG", "MPO"):
        return width * height <= min(MOST_PIXELS, most_pixels)
    scale = 1
    while width * height // scale**2 > COMFORTABLE_PIXELS and scale < 8:
        scale *= 2
    if scale > 1:
        picture.draft(None, (width // scale, height // scale))
    return width * height <= most_pixels


def _write(picture: Image.Image, target: Path) -> None:
    format_ = "JPEG" if picture.format in ("JPEG", "MPO", "HEIF") else picture.format
    options = _options(picture)
    upright = _upright(picture)
    coloured = _in_usual_colours(upright)
    coloured.info = {name: value for name, value in coloured.info.items() if name == "transparency"}
    if format_ == "JPEG" and coloured.mode not in ("L", "RGB"):
        coloured, options = coloured.convert("RGB"), {"quality": _QUALITY}
    coloured.save(target, format_, **options)


def _options(picture: Image.Image) -> dict[str, object]:
    """How the picture is compressed: a JPEG as it was, so that it neither grows nor loses much."""
    if not isinstance(picture, JpegImagePlugin.JpegImageFile):
        return {"quality": _QUALITY} if picture.format in ("HEIF", "WEBP") else {}
    sampling = JpegImagePlugin.get_sampling(picture)
    return {"qtables": picture.quantization, **({"subsampling": sampling} if sampling >= 0 else {})}


def _upright(picture: Image.Image) -> Image.Image:
    """The picture turned as its metadata say; as it is where they cannot be read."""
    picture.load()
    with contextlib.suppress(*_UNREADABLE):
        return ImageOps.exif_transpose(picture)
    return picture


def _in_usual_colours(picture: Image.Image) -> Image.Image:
    """The picture in sRGB, since its own profile of colours is left out."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA"):
        return picture
    try:
        own, usual = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, own, usual, outputMode=picture.mode) or picture
    except (ImageCms.PyCMSError, *_UNREADABLE):
        return picture


if __name__ == "__main__":
    pi_heif.register_heif_opener()
    sys.exit(main(*sys.argv[1:]))
