"""Reading a picture that somebody sends, whatever its bytes are.

Nothing that a file says of itself is believed: its name and type are not looked at, its size is known before a pixel
is made of it, and only the decoders of the three kinds that are taken ever see it.
"""

from __future__ import annotations

import io
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

MOST_BYTES = 2 * 2**20
# A camera's usual picture is twelve million; 200 MB of memory at most, for as long as one is read.
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 16_000
# Pictures are made smaller to this at once: nothing of ours shows a larger one.
LARGEST_KEPT_SIDE = 2_560
KINDS = ("PNG", "JPEG", "WEBP")
INSTALL = 'make install EXTRAS="pictures"'
# As many colours as a drawing has; a photograph has thousands, a grey one more than these, too.
COLOURS_OF_A_DRAWING = 128

# One at a time in each process: the memory that pictures take is that of one.
_one_at_a_time = threading.Lock()


class NotAPicture(ValueError):
    """It cannot be taken; the message says why, in the language of whoever sent it."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Upright, in sRGB, without metadata: `RGB`, or `RGBA` where something can be seen through.

    `is_drawing` tells a logo or a diagram, whose edges stay sharp, from a photograph.
    """

    image: Image.Image
    is_drawing: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self.image.size
        return width, height


def is_installed() -> bool:
    """Whether the extra `pictures` is there."""
    try:
        import PIL.Image  # noqa: F401  # only whether it can be loaded
    except ImportError:
        return False
    return True


def read_picture(data: bytes, *, most_bytes: int = MOST_BYTES) -> Picture:
    """The picture in a file's bytes; the first one where it moves. Raises NotAPicture with a sentence."""
    if not is_installed():
        raise NotAPicture(
            _(
                "Pictures cannot be taken on this site yet. Whoever runs it can add them with: %(command)s",
                command=INSTALL,
            )
        )
    if not data:
        raise NotAPicture(_("This file is empty. Please choose another one."))
    if len(data) > most_bytes:
        raise NotAPicture(
            _("This file is larger than %(most)s MB. Please make the picture smaller.", most=most_bytes // 2**20)
        )
    with _one_at_a_time:
        return _read(data)


def _read(data: bytes) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data), formats=KINDS)
        _check_size(*image.size)
        return _made(image)
    except NotAPicture:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise NotAPicture(_not_of_our_kinds()) from error
    except Exception as error:  # a decoder stumbles in many ways over what is no picture, or half of one
        log.info("a picture could not be read: %s", type(error).__name__)
        raise NotAPicture(
            _("This picture is damaged or incomplete. Please save it anew, or choose another one.")
        ) from error


def _not_of_our_kinds() -> str:
    return str(_("This is not a picture that can be shown. Please choose a PNG, JPEG or WebP file."))


def _check_size(width: int, height: int) -> None:
    """Before a pixel is made: a few bytes may say that they are a million by a million."""
    if width < 1 or height < 1:
        raise NotAPicture(_not_of_our_kinds())
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise NotAPicture(
            _(
                "This picture has too many pixels: %(width)s × %(height)s. Please make it smaller.",
                width=width,
                height=height,
            )
        )


def _made(image: Any) -> Picture:
    # A JPEG is decoded at an eighth to the half of its size where that is enough: less memory, sooner.
    image.draft(None, (LARGEST_KEPT_SIDE, LARGEST_KEPT_SIDE))
    image.seek(0)
    image.load()
    kept = _in_our_colours(image)
    is_drawing = image.format == "PNG" and (kept.mode == "RGBA" or kept.getcolors(COLOURS_OF_A_DRAWING) is not None)
    kept.thumbnail((LARGEST_KEPT_SIDE, LARGEST_KEPT_SIDE))
    return Picture(_bare(_upright(kept, _orientation(image))), is_drawing or kept.mode == "RGBA")


def _in_our_colours(image: Any) -> Any:
    """In sRGB, by the colour profile that the file carries; `RGBA` only where something is seen through."""
    if image.mode.startswith(("I", "F")):  # sixteen bits of grey
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode == "CMYK":
        return _by_profile(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert("RGBA")
        if clear.getchannel("A").getextrema() != (255, 255):
            return clear
    plain = image.convert("RGB")
    plain.info["icc_profile"] = image.info.get("icc_profile") if image.mode == "RGB" else None
    return _by_profile(plain)


def _by_profile(image: Any) -> Any:
    """By its profile into sRGB, where it has one that fits; a profile that makes no sense is passed over."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        from PIL import ImageCms

        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, found, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except Exception:  # the library tells of faults in its own ways; colours a little off are no reason to refuse
        log.info("a picture's colour profile could not be used")
        return image


def _orientation(image: Any) -> int:
    """How the camera was held, as it noted (Exif 3.0, tag 0x0112): 1 to 8; 1 where it says nothing that makes sense."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # as above
        log.info("what a camera wrote into a picture could not be read")
        return 1


def _upright(image: Any, orientation: int) -> Any:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _bare(image: Any) -> Any:
    """The pixels and nothing else: what was read along with them stays behind."""
    from PIL import Image

    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare
