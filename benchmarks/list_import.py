"""Time and memory to read a VICS hash set of a million records: ``python benchmarks/list_import.py``."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from entente.formats.vics import VICS

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"


def draw(path: Path, records: int) -> None:
    """Write a hash set on one line, with a path and a PhotoDNA value for each record."""
    with path.open("w") as out:
        out.write(f'{{"@odata.context":"{CONTEXT}","value":[')
        for n in range(records):
            md5 = f"{n * 7919 + 1:032X}"
            files = [{"MD5": md5, "FileName": "a.jpg", "FilePath": "\\DCIM\\a.jpg"}]
            other = [{"MD5": md5, "HashName": "PhotoDNA", "HashValue": "A" * 192}]
            media = {
                "MediaID": n,
                "Category": n % 5,
                "MD5": md5,
                "SHA1": f"{n + 1:040X}",
                "MediaSize": str(n),
            }
            media |= {"VictimIdentified": "false", "MediaFiles": files, "AlternativeHashes": other}
            out.write(("," if n else "") + json.dumps(media))
        out.write("]}")


def main(records: int) -> None:
    """Draw, read and print one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.json"
        draw(path, records)
        start = time.process_time()
        with path.open("rb") as stream:
            count = sum(1 for _ in VICS.read(stream))
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = path.stat().st_size / 1e6
    figures = {"records": count, "cpu_s": round(seconds, 1), "peak_mb": round(peak), "file_mb": round(size)}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
