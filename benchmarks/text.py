"""Drawn signs read back: similarity by script, size, angle and blur; absolute figures, there is no peer.

python -m benchmarks.text [--small]
"""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

from benchmarks import measure
from entente.casework.examine.extractors import reading

FOLDER = Path("/usr/share/fonts/truetype/dejavu")
FONTS = [(FOLDER / f"DejaVu{kind}.ttf", 0) for kind in ("Sans", "Serif", "Sans-Bold")]
NOTO = Path("/usr/share/fonts/truetype/noto")
CJK = [
    Path(f"/usr/share/fonts/opentype/noto/Noto{kind}.ttc") for kind in ("SansCJK-Regular", "SerifCJK-Bold")
]
# files that DejaVu lacks the letters for, and the face within them
OWN_FONTS = {
    "Arabic": [(NOTO / f"Noto{kind}-Regular.ttf", 0) for kind in ("SansArabic", "NaskhArabic")],
    "Japanese": [(file, 0) for file in CJK],
    "Korean": [(file, 1) for file in CJK],
    "Chinese, simplified": [(file, 2) for file in CJK],
    "Chinese, traditional": [(file, 3) for file in CJK],
}
Font = tuple[Path, int]
PHRASES = {
    "Latin, Italian": ("Farmacia comunale", "chiuso il lunedì", "Uscita di emergenza", "Panetteria Rossi",
                       "Città di Fossano", "Tel. 0171 692345", "Divieto di sosta", "Perché no? Caffè"),
    "Latin, German": ("Bäckerei Müller", "Geöffnet bis 18 Uhr", "Straße gesperrt", "Zum Bahnhof",
                      "Notausgang", "Rathaus Köln", "Eintritt frei", "Bitte läuten"),
    "Latin, French": ("Boulangerie pâtisserie", "Fermé le mardi", "Sortie de secours", "Hôtel de ville",
                      "Entrée libre", "Défense d'afficher", "École primaire", "Crêperie bretonne"),
    "Greek": ("Φαρμακείο", "Ανοιχτά όλη μέρα", "Έξοδος κινδύνου", "Δήμος Αθηναίων",
              "Κλειστό Δευτέρα", "Αρτοποιείο", "ΠΡΟΣΟΧΗ ΣΚΥΛΟΣ", "Σχολείο Πατρών"),
    "Cyrillic": ("Аптека открыта", "Выход на улицу", "Закрыто в понедельник", "Школа номер пять",
                 "Хлеб и булочки", "Вокзал Москва", "ОСТОРОЖНО ЗЛАЯ СОБАКА", "Городская больница"),
    "Arabic": ("صيدلية المدينة", "مغلق يوم الجمعة", "مخرج الطوارئ", "مدرسة ابتدائية",
               "مخبز الحي", "محطة القطار", "ممنوع الوقوف", "سوق الخضار"),
    "Chinese, simplified": ("药店营业中", "星期一休息", "紧急出口", "火车站",
               "禁止停车", "面包店", "第五小学", "欢迎光临"),
    "Chinese, traditional": ("藥局營業中", "星期一休息", "緊急出口", "火車站",
               "禁止停車", "麵包店", "第五小學", "歡迎光臨"),
    "Japanese": ("ラーメンあります", "月曜日はお休み", "非常口", "駅はこちら",
               "駐車ご遠慮ください", "パンの店", "東小学校", "いらっしゃいませ"),
    "Korean": ("약국 영업중", "월요일 휴무", "비상구", "서울역 방향",
               "주차 금지", "동네 빵집", "제오 초등학교", "어서 오세요"),
}  # fmt: skip
VIEWS = {  # pixels, degrees, sigma
    "40 px": (40, 0.0, 0.0),
    "16 px": (16, 0.0, 0.0),
    "16 px, blurred": (16, 0.0, 0.8),
    "16 px, blurred, 9°": (16, 9.0, 0.8),
}


def sign(words: str, size: int, angle: float, blur: float, font: Font) -> np.ndarray:
    """Draw ``words`` at ``size`` pixels on a wall, turned by ``angle`` degrees and blurred."""
    drawn = ImageFont.truetype(str(font[0]), size, index=font[1])
    wide = int(drawn.getlength(words)) + 8 * size
    picture = Image.new("RGB", (max(wide, 320), max(240, 6 * size)), (196, 188, 176))
    ImageDraw.Draw(picture).text(
        (picture.width / 2, picture.height / 2), words, (30, 34, 60), drawn, anchor="mm"
    )
    pixels = np.asarray(picture)
    turn = cv2.getRotationMatrix2D((pixels.shape[1] / 2, pixels.shape[0] / 2), angle, 1)
    pixels = cv2.warpAffine(
        pixels, turn, pixels.shape[1::-1], flags=cv2.INTER_CUBIC, borderValue=(196, 188, 176)
    )
    pixels = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels
    noise = np.random.default_rng(len(words)).normal(0, 3, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def similarity(words: str, picture: np.ndarray) -> tuple[float, str]:
    """Return how alike what is read is to ``words``, accents, capitals and spaces counted."""
    said = " ".join(line.string for line in reading.lines_of(picture))
    return reading.alike(words, said), said


def main() -> None:
    """Read every phrase in every view."""
    few = measure.wanted(__doc__.splitlines()[0])
    if reading.missing() or not FONTS[0][0].is_file():
        raise SystemExit(
            f"benchmarks: text was not measured: {reading.missing() or 'the DejaVu fonts are not installed'}"
        )
    figure = measure.Figure("Drawn signs read back", "peer: none")
    figure.notes.append(
        f"Tesseract reads: {', '.join(sorted(reading.readers())) or 'nothing, it is not installed'}."
    )
    if not features.check("raqm"):
        figure.notes.append("Arabic is drawn without joined letters here (no raqm).")
    spent = []
    for script, phrases in PHRASES.items():
        fonts = [font for font in OWN_FONTS.get(script, FONTS) if font[0].is_file()]
        if not fonts:
            figure.notes.append(
                f"{script} was not measured: install Debian's fonts-noto-core and fonts-noto-cjk."
            )
            continue
        for view, (size, angle, blur) in VIEWS.items():
            scores = []
            for n, words in enumerate(phrases[:2] if few else phrases):
                picture = sign(words, size, angle, blur, fonts[n % len(fonts)])
                began = time.perf_counter()
                score, said = similarity(words, picture)
                spent.append(time.perf_counter() - began)
                scores.append(score)
                if score < 0.9:
                    figure.notes.append(f"{view}: {words!r} read as {said!r}")
            figure.add(f"{script}, {view}: mean similarity of {len(scores)}", f"{np.mean(scores):.2f}")
    figure.add("a small picture, median, s", f"{np.median(spent):.2f}")
    figure.say()


if __name__ == "__main__":
    main()
