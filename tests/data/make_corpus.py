"""The corpus of dirty departmental files: writes every shape into a folder; nothing of it is anybody's data.

Run as ``python tests/data/make_corpus.py FOLDER`` (with tests/reference on the path) to look at the files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from corpus_figures import FIGURES
from corpus_headers import HEADERS
from corpus_heads import HEADS_AS_WRITTEN
from corpus_ids import IDS
from corpus_months import OTHERS
from corpus_pens import Case
from corpus_rows import NO_DATA
from corpus_sheets import BOOKS
from corpus_texts import TEXTS
from corpus_words import SPELLINGS

_LAYOUTS = [*HEADERS, *HEADS_AS_WRITTEN, *NO_DATA, *BOOKS]
CASES: list[Case] = [*_LAYOUTS, *TEXTS, *IDS, *FIGURES, *SPELLINGS, *OTHERS]


def write_corpus(folder: Path) -> list[Path]:
    """Write every file into a folder of its own, numbered in order, and return their places."""
    written = []
    for number, case in enumerate(CASES):
        home = folder / f"{number:03d}"
        home.mkdir(parents=True)
        path = home / case.file_name
        path.write_bytes(case.content())
        written.append(path)
    return written


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]))
