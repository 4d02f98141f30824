"""Pictures to luma planes and colour, as they are displayed. Runs inside a limited decoder only."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pillow_heif
import simplejpeg
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile, UnidentifiedImageError

from entente.evidence.canvas import Canvas
from entente.vocabulary.media import Refusal, RefusalCode

MOST_PIXELS = 80_000_000
_FORMATS = {"heif": "HEIF", "mpo": "MPO"}  # others by their own name in capitals
_BROKEN_OFF = {"JPEG", "MPO", "PNG", "GIF", "BMP", "TIFF"}  # formats whose rows before a break are good
SWAPS = 5  # from this EXIF orientation on width and height are exchanged
ROWS_REVERSED, COLUMNS_REVERSED = {3, 4, 7, 8}, {2, 3, 6, 7}  # orientations, as ``turn`` turns
LEAST_SCALED = 512  # pixels a side: below it a hash of the scaled picture drifts
_ORIENTATION = 0x0112  # Exif 2.32, 4.6.4

pillow_heif.register_heif_opener()
pillow_heif.options.DECODE_THREADS = 1  # a limited process cannot start threads
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class Refused(Exception):
    """The picture or video cannot be opened, for a reason that the officer gets."""

    def __init__(self, code: RefusalCode, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(code, reason)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A JPEG's luma plane decoded at ``eighths``/8 of ``rows`` x ``columns``; all as stored, not turned."""

    luma: NDArray[np.uint8]
    rows: int
    columns: int
    eighths: int
    turned: int  # the EXIF orientation under which it is displayed


@dataclass(slots=True)
class Picture:
    """An opened picture. ``luma`` and ``rgb`` decode when called; rows and columns as displayed.

    ``stored`` gives (rows, columns, 3) as the file holds it, for exchange with programs that turn nothing,
    look up no palette and convert no inks; ``None`` where that is what is displayed. ``scaled`` decodes a
    JPEG smaller, in half the time, for a first look; ``None`` where that cannot be.
    """

    width: int
    height: int
    luma: Callable[[], NDArray[np.uint8]]
    rgb: Callable[[], NDArray[np.uint8]]
    image: Image.Image
    partial: bool = False
    stored: Callable[[], NDArray[np.uint8] | None] = lambda: None
    scaled: Callable[[], Scaled | None] = lambda: None


def demand_size(width: int, height: int) -> None:
    """Raise ``Refused`` above the limit, before any pixel is decoded."""
    if width * height > MOST_PIXELS:
        raise Refused(
            RefusalCode.TOO_LARGE,
            f"it declares {width} x {height} pixels and the limit is {MOST_PIXELS // 1_000_000} million; "
            "make a smaller copy with a trusted tool and add that",
        )


def open_picture(data: bytes, container: str, canvas: Canvas | None = None) -> Picture:
    """Open a picture of a known container, of which only the header is read; raises ``Refused``.

    On a ``canvas`` the colours of a JPEG are decoded into its memory and are gone when it is wiped.
    """
    image = _header(data, container)
    if container == "jpeg" and (jpeg := _jpeg(data, image, canvas)):
        return jpeg
    demand_size(image.width, image.height)
    turned = _turn(image) if container != "heif" else 1  # libheif has turned it already
    picture = Picture(*_displayed(image.width, image.height, turned), None, None, image)  # type: ignore[arg-type]

    def rgb() -> NDArray[np.uint8]:
        return turn(np.asarray(_flat(_load(image, picture))), turned)

    def luma() -> NDArray[np.uint8]:
        return turn(np.asarray(_flat(_load(image, picture)).convert("L")), turned)

    picture.rgb, picture.luma, picture.stored = rgb, luma, lambda: _stored(_load(image, picture), turned)
    return picture


def _stored(image: Image.Image, turned: int) -> NDArray[np.uint8] | None:
    """Return the stored values as three channels, as ``threatexchange`` reads them; ``None`` if displayed so.

    Indices of a palette stand for grey, the first inks of CMYK for colours, what is transparent is seen.
    """
    if image.mode in {"RGB", "L"} and turned == 1 and "transparency" not in image.info:
        return None
    if image.mode in {"LA", "I;16"}:
        image = image.convert("RGB")
    if image.mode not in {"RGB", "RGBA", "CMYK", "L", "P"}:
        return None  # the others refuse it
    values = np.asarray(image)
    return np.dstack([values] * 3) if values.ndim == 2 else np.ascontiguousarray(values[..., :3])


def _header(data: bytes, container: str) -> Image.Image:
    """Let Pillow read the header with the one reader that the first bytes call for."""
    formats = ["JPEG", "MPO"] if container == "jpeg" else [_FORMATS.get(container, container.upper())]
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        why = f"it declares over {MOST_PIXELS // 1_000_000} million pixels; make a smaller copy and add that"
        raise Refused(RefusalCode.TOO_LARGE, why) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, RuntimeError) as error:
        raise Refused(RefusalCode.DAMAGED, _damaged(container, error)) from None


def _damaged(container: str, error: Exception) -> str:
    said = str(error).replace("\n", " ")[:120]
    if isinstance(error, UnidentifiedImageError):
        said = "its header is not whole"
    return f"it begins as {container.upper()} but cannot be decoded ({said}); ask the source for another copy"


def _jpeg(data: bytes, image: Image.Image, canvas: Canvas | None) -> Picture | None:
    """Open a JPEG of grey or colour; others (CMYK, 12 bits, lossless) are Pillow's."""
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError:
        return None
    if space not in {"Gray", "GRAY", "YCbCr", "RGB"}:
        return None
    demand_size(width, height)
    turned = _turn(image)
    picture = Picture(*_displayed(width, height, turned), None, None, image)  # type: ignore[arg-type]

    held: dict[str, NDArray[np.uint8]] = {}  # hashes want the stored pixels and the turned ones

    def plane(colours: str) -> NDArray[np.uint8]:
        if colours not in held:
            held.clear()
            held[colours] = decoded(colours)
        return held[colours]

    def decoded(colours: str) -> NDArray[np.uint8]:
        room = canvas.lend(height * width * 3) if canvas and colours == "RGB" else None
        try:
            pixels = simplejpeg.decode_jpeg(data, colours, strict=True, buffer=room)
        except ValueError:
            picture.partial = True
            try:
                pixels = simplejpeg.decode_jpeg(data, colours, strict=False, buffer=room)
            except ValueError as error:
                raise Refused(RefusalCode.DAMAGED, _damaged("jpeg", error)) from None
        return pixels[..., 0] if colours == "GRAY" else pixels

    picture.luma, picture.rgb = lambda: turn(plane("GRAY"), turned), lambda: turn(plane("RGB"), turned)
    picture.stored = lambda: None if turned == 1 else plane("RGB")
    picture.scaled = lambda: _scaled(data, height, width, turned)
    return picture


def _scaled(data: bytes, rows: int, columns: int, turned: int) -> Scaled | None:
    """Decode at the smallest scale that leaves 512 pixels a side; ``None`` for a small or damaged picture."""
    if min(rows, columns) < 2 * LEAST_SCALED:
        return None
    try:
        luma = simplejpeg.decode_jpeg(data, "GRAY", min_height=LEAST_SCALED, min_width=LEAST_SCALED)[..., 0]
    except ValueError:
        return None  # the whole way tells what is wrong with it
    for eighths in range(1, 8):
        if luma.shape == (-(-rows * eighths // 8), -(-columns * eighths // 8)):
            return Scaled(luma, rows, columns, eighths, turned)
    return None


def _load(image: Image.Image, picture: Picture) -> Image.Image:
    """Decode strictly, then, if it breaks off, whatever can be had, marked as partial."""
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as first:
        if image.format not in _BROKEN_OFF:  # Pillow would hand out an empty picture
            raise Refused(RefusalCode.DAMAGED, _damaged((image.format or "").lower(), first)) from None
        picture.partial = True
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            image.load()
        except Exception:
            raise Refused(RefusalCode.DAMAGED, _damaged((image.format or "").lower(), first)) from None
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Return RGB as displayed: palettes looked up, CMYK converted, the transparent on white, 8 bits."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _eight_bits(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Bring one deep channel to 8 bits: 16-bit integers by their range, anything else by its own."""
    values = deep.astype(np.float32)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if low >= 0 and 255 < high <= 65535:
        low, high = 0, 65535
    elif low >= 0 and high <= 255 and deep.dtype.kind in "iu":
        low, high = 0, 255
    if not np.isfinite(high - low) or high <= low:
        return np.zeros(deep.shape, np.uint8)
    return np.round((values - low) * (255 / (high - low))).astype(np.uint8)


def _turn(image: Image.Image) -> int:
    """Return the EXIF orientation, 1-8; 1 when it is absent or nonsense."""
    try:
        value = int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block must not cost the picture
        return 1
    return value if 1 <= value <= 8 else 1


def _displayed(width: int, height: int, orientation: int) -> tuple[int, int]:
    return (height, width) if orientation >= SWAPS else (width, height)


def turn(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return (rows, columns[, 3]) as displayed under an EXIF orientation 1-8."""
    swapped = pixels.swapaxes(0, 1)
    turned = {
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: swapped,
        6: swapped[:, ::-1],
        7: swapped[::-1, ::-1],
        8: swapped[::-1],
    }.get(orientation, pixels)
    return np.ascontiguousarray(turned)
