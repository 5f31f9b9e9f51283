"""Reading back what was written, as a clerk would see it."""

import csv
import io
from pathlib import Path

import polars as pl
from python_calamine import CalamineWorkbook

SOURCE_WORDS = {
    "民政": ("低保", "民政"),
    "医保": ("医保",),
    "住建": ("房",),
    "教育": ("学生", "学籍", "在校"),
    "残联": ("残疾",),
    "台账": ("农户信息",),
    "走访": ("走访",),
}


class Written:
    """A written county and its answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answers(self, name: str) -> pl.DataFrame:
        """One table of the answers."""
        return pl.read_parquet(self.folder / "answers" / f"{name}.parquet")

    def months(self) -> list[str]:
        """The folders of the months, in order."""
        return sorted(path.name for path in (self.folder / "county").iterdir())

    def file(self, source: str, month: str) -> Path:
        """The file of a source."""
        paths = (self.folder / "county" / month).iterdir()
        return next(p for p in paths if any(word in p.name for word in SOURCE_WORDS[source]))

    def rows(self, source: str, month: str) -> list[list[str]]:
        """Every row of a file as text, however it is written."""
        path = self.file(source, month)
        if path.suffix == ".xlsx":
            sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
            return [[str(cell) for cell in row] for row in sheet]
        text = path.read_bytes().decode("utf-8-sig" if source == "教育" else "gb18030")
        return list(csv.reader(io.StringIO(text)))

    def data(self, source: str, month: str) -> list[list[str]]:
        """Rows that begin with a serial number: data, neither heading nor total nor signature."""
        return [row for row in self.rows(source, month) if row[0].removesuffix(".0").isdigit() and row[1] != "合计"]
