"""What runs inside the reading child: one file in, Arrow files of text cells out.

Floor 3. Imported by the child, so it imports little. It is told what to read by a line of JSON and answers in such
lines, the last of which says that the file is done or why it is refused.
"""

from __future__ import annotations

import csv
import gc
import json
import sys
from pathlib import Path

from fangpin.connectors.archive import ZIP_MAGIC, is_archive, unpacked
from fangpin.connectors.delimited import read_delimited
from fangpin.connectors.handover import CELL_MAX, Output, ParseRefused
from fangpin.connectors.sandbox import computing_at_most, confine
from fangpin.connectors.workbook import OLE_MAGIC, read_workbook

_NO_TABLE = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"%PDF", b"{\\rtf")
_OTHER_ARCHIVE = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")


def serve(address_space: int, cpu_seconds: float) -> None:
    """Answer requests from standard input until it closes: the child's whole life.

    A request names task (read or unpack), path, folder and file_name. Running out of memory or time ends the
    child, which the parent takes for a refusal.
    """
    confine(address_space)
    csv.field_size_limit(CELL_MAX)
    gc.disable()  # millions of short-lived cells, no cycles: looking for them costs a third of the time
    for line in sys.stdin:
        request = json.loads(line)
        path, output = Path(request["path"]), Output(Path(request["folder"]), sys.stdout)
        task = read if request["task"] == "read" else unpack
        try:
            with computing_at_most(cpu_seconds):
                task(path, output, file_name=request["file_name"])
        except ParseRefused as exc:
            output.say("refused", given=exc.given, expected=exc.expected, action=exc.action)
        else:
            output.say("done")
        gc.collect()


def read(path: Path, output: Output, *, file_name: str) -> None:
    """Send each sheet's cells as text; the content decides the format, not the name.

    Raises: ParseRefused when it cannot be read.
    """
    with path.open("rb") as stream:
        magic = stream.read(8)
    if not magic:
        raise ParseRefused("文件是空的", action="请重新导出后报送")
    if magic.startswith(_NO_TABLE):
        raise ParseRefused("不是表格文件（是图片或文档）", expected=".xlsx、.xls 或 .csv", action="请报送表格文件")
    if magic.startswith(_OTHER_ARCHIVE):
        raise ParseRefused("是压缩包，不是表格文件", expected=".xlsx、.xls、.csv 或 .zip", action="请解压后报送")
    if magic.startswith((*ZIP_MAGIC, OLE_MAGIC)):
        read_workbook(path, output, zipped=not magic.startswith(OLE_MAGIC))
    else:
        read_delimited(path, Path(file_name).stem, output)


def unpack(path: Path, output: Output, *, file_name: str) -> None:
    """Send the files of an archive; a file that is none is its own only member.

    Raises: ParseRefused when the archive cannot be trusted.
    """
    if not is_archive(path):
        output.say("member", name=file_name, path=str(path))
        return
    for name, place in unpacked(path, output.folder):
        output.say("member", name=name, path=str(place))


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
