"""What people send as a picture: photographs out of a telephone, scans, drawings, and what is none."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from petition_app.i18n.locales import use_locale
from petition_app.pictures import reading
from petition_app.pictures.reading import LARGEST_KEPT_SIDE, NotAPicture, read_picture


@pytest.fixture(autouse=True)
def in_english(app: Flask) -> Any:
    with app.test_request_context("/en/"), use_locale("en"):
        yield


def photograph(width: int = 60, height: int = 40) -> Image.Image:
    """Many colours: red grows to the right, green downwards."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, (x * y) % 200) for y in range(height) for x in range(width)])
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize(("kind", "is_drawing"), [("PNG", False), ("JPEG", False), ("WEBP", False)])
def test_the_three_kinds_are_taken(kind: str, is_drawing: bool) -> None:
    picture = read_picture(saved(photograph(), kind))
    assert picture.size == (60, 40)
    assert picture.is_drawing == is_drawing


def test_a_drawing_stays_one() -> None:
    assert read_picture(saved(Image.new("RGB", (50, 20), "#0d5c63"), "PNG")).is_drawing
    clear = Image.new("RGBA", (50, 20), (10, 20, 30, 0))
    assert read_picture(saved(clear, "PNG")).image.getpixel((3, 3))[3] == 0
    assert read_picture(saved(clear, "WEBP", lossless=True)).is_drawing


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright_and_forgets_where_it_was_taken(orientation: int) -> None:
    from PIL.Image import Transpose

    held = {
        1: None,
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_90,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_270,
    }[orientation]
    seen = photograph().transpose(held) if held is not None else photograph()
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera of Exempleville"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    data = saved(seen, "JPEG", quality=95, exif=exif, comment=b"at home")
    assert b"Exempleville" in data
    picture = read_picture(data)
    assert picture.size == (60, 40)
    for place in ((2, 2), (57, 2), (2, 37), (57, 37)):
        red, green, _blue = picture.image.getpixel(place)
        assert abs(red - place[0] * 255 // 60) < 40
        assert abs(green - place[1] * 255 // 40) < 40
    assert not picture.image.info
    assert not picture.image.getexif()


def test_metadata_of_a_drawing_is_gone() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Author", "Ada Exemple")
    notes.add_itxt("XML:com.adobe.xmp", "<gps>48</gps>")
    picture = read_picture(saved(photograph(), "PNG", pnginfo=notes))
    assert not picture.image.info


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "RGB"])
def test_every_way_of_colouring_is_taken(mode: str) -> None:
    image = Image.new("I;16", (60, 40), 40_000) if mode == "I;16" else photograph().convert(mode)
    picture = read_picture(saved(image, "PNG"))
    assert picture.image.mode in ("RGB", "RGBA")
    if mode == "I;16":
        assert picture.image.getpixel((1, 1)) == (156, 156, 156)


def test_what_was_made_for_a_printer_keeps_its_colours() -> None:
    red = Image.new("CMYK", (40, 40), (0, 255, 255, 0))
    picture = read_picture(saved(red, "JPEG", quality=95))
    assert picture.image.mode == "RGB"
    seen = picture.image.getpixel((5, 5))
    assert seen[0] > 200
    assert max(seen[1:]) < 60


def test_a_profile_is_turned_into_the_colours_of_the_web() -> None:
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (40, 40), (200, 30, 30))
    assert read_picture(saved(image, "JPEG", icc_profile=lab)).image.getpixel((5, 5))[0] > 190
    assert read_picture(saved(image, "JPEG", icc_profile=b"no profile at all")).image.getpixel((5, 5))[0] > 190


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_what_moves_the_first_picture_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("#ff0000", "#00ff00", "#0000ff")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    red, green, _blue = read_picture(data).image.getpixel((5, 5))
    assert red > 200
    assert green < 60


def test_a_large_picture_is_made_smaller_at_once() -> None:
    picture = read_picture(saved(Image.new("RGB", (6000, 3000), "#336699"), "JPEG"))
    assert picture.size == (LARGEST_KEPT_SIDE, LARGEST_KEPT_SIDE // 2)


def png_that_says(width: int, height: int) -> bytes:
    """A few bytes that promise very many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "sentence"),
    [((65_000, 65_000), "PNG, JPEG or WebP"), ((9_000, 9_000), "too many pixels"), ((20_000, 10), "too many pixels")],
)
def test_a_bomb_does_not_go_off(size: tuple[int, int], sentence: str) -> None:
    with pytest.raises(NotAPicture, match=sentence):
        read_picture(png_that_says(*size))


def test_half_a_picture_is_refused() -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        data = saved(photograph(400, 300), kind)
        for length in (len(data) // 2, len(data) - len(data) // 10, 40):
            with pytest.raises(NotAPicture):
                read_picture(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + b"x" * 100,
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        saved(Image.new("P", (4, 4)), "GIF"),
        saved(Image.new("RGB", (4, 4)), "BMP"),
        saved(Image.new("RGB", (4, 4)), "TIFF"),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_what_is_no_picture_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture) as refused:
        read_picture(data)
    assert str(refused.value).endswith(".")


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(NotAPicture, match="larger than 2 MB"):
        read_picture(b"\xff\xd8\xff" + b"x" * reading.MOST_BYTES)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_no_byte_that_is_changed_makes_a_fault(kind: str) -> None:
    """Whatever stands in a file, it is read or refused."""
    data = saved(photograph(), kind)
    outcomes = set()
    for place in range(0, len(data), max(1, len(data) // 150)):
        for value in (0, 0xFF):
            broken = data[:place] + bytes([value]) + data[place + 1 :]
            try:
                outcomes.add(read_picture(broken).image.mode)
            except NotAPicture:
                outcomes.add("refused")
    assert "refused" in outcomes


def test_without_the_extra_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "is_installed", lambda: False)
    with pytest.raises(NotAPicture, match='make install EXTRAS="pictures"'):
        read_picture(saved(photograph(), "PNG"))
