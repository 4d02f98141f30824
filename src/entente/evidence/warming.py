"""What every decoder uses, loaded before it is limited: a process without files imports nothing any more."""

from __future__ import annotations

import contextlib
import ctypes
import encodings
import io
import warnings
from importlib import import_module
from pkgutil import iter_modules

import av
import numpy as np
import PIL
from PIL import Image

from entente.evidence.choosing import sampled
from entente.evidence.decode import looked_at
from entente.evidence.derive import derived
from entente.evidence.memory import in_memory
from entente.evidence.pictures import open_picture
from entente.evidence.planes import luma_of
from entente.evidence.shots import sheet_of, shots_of
from entente.evidence.sounds import heard_of, peaks_of
from entente.evidence.source import Source
from entente.evidence.tags import tags_of
from entente.evidence.videos import open_video

# Of other systems, for windows, or printing when imported.
FOREIGN = {"mbcs", "oem", "__main__", "ImageQt", "ImageTk", "_tkinter_finder", "report"}
# In these a broadcast may name itself (ETSI EN 300 468, annex A); the C library loads each when it is asked.
CHARSETS = (
    "ISO6937",
    *(f"ISO-8859-{n}" for n in range(1, 17)),
    "UCS-2BE",
    "KSC_5601",
    "GB2312",
    "BIG5",
    "UTF-16BE",
)


def warm() -> None:
    """Import and load what every decoder uses, before it is limited; ``hashing`` comes when it is needed."""
    plane = np.zeros((96, 128), np.uint8)
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF", "AVIF"):
        buffer = io.BytesIO()
        Image.fromarray(np.dstack([plane] * 3)).save(buffer, name)
        picture = open_picture(buffer.getvalue(), name.lower())
        picture.luma(), picture.rgb()
        tags_of(buffer.getvalue(), name.lower(), picture.image)
        derived(picture.rgb(), "edges", None, None)
    _warm_names()
    _warm_film()
    with contextlib.suppress(ImportError):  # the science alone is installed without a cipher
        import_module("entente.evidence.seal").warm()


def _warm_names() -> None:
    """Import what the libraries import only when asked: text encodings, modules of Pillow and numpy."""
    for package in (encodings, PIL):
        for found in iter_modules(package.__path__):
            if found.name not in FOREIGN:
                with contextlib.suppress(ImportError):  # a part of Pillow that is not built here
                    import_module(f"{package.__name__}.{found.name}")
    library = ctypes.CDLL(None)
    for charset in CHARSETS:
        library.iconv_open(b"UTF-8", charset.encode())  # never closed: what is loaded stays
    for module in ("fft", "linalg", "ma", "polynomial", "random"):  # numpy loads them at first use
        import_module(f"numpy.{module}")
    warnings.resetwarnings()
    warnings.simplefilter("ignore")  # nobody reads them, and telling one opens the source file that it names
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def _warm_film() -> None:
    """Write a film of a blank room into memory and go the whole way with it."""
    av.logging.set_level(av.logging.PANIC)  # its complaints are about the file, not for our log
    film = io.BytesIO()
    with av.open(film, "w", format="mov") as out:
        stream = out.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.codec_context.thread_count = 1
        voice = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        out.mux(voice.encode(silence))
        for moment in range(4):
            frame = av.VideoFrame.from_ndarray(np.zeros((96, 128, 3), np.uint8), format="rgb24")
            frame.pts = moment
            out.mux(stream.encode(frame))
        out.mux([*stream.encode(), *voice.encode()])
    with in_memory(film.getvalue()) as handle:
        video = open_video(Source(handle), "mov")
        moments = [(luma_of(frame, 0).shape, moment) for moment, frame in sampled(video, 10.0)]
        looked_at(video, [moment for _, moment in moments])
        peaks_of(video), heard_of(video, 0.0, 0.5)
        sheet_of(video, shots_of(video, 10.0).starts)
