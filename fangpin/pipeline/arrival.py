"""Reading a delivery whole: from originals in safe keeping to identity, facts and issues; nothing is written.

Floor 4. A delivery is a department's file and the correction sheets applied to it; the same files, read by the same
declaration, always give the same batch.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from fangpin.config.loader import Declarations, digest_of
from fangpin.config.source_models import Source
from fangpin.connectors.conform import CONFORM_VERSION, Conformed, conform
from fangpin.connectors.corrections import PATCH_SCHEMA, apply_corrections, read_corrections
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import declared_columns
from fangpin.connectors.layout import Part, read_parts
from fangpin.connectors.months import settle_period
from fangpin.connectors.readers import Readers
from fangpin.connectors.recognise import Recognised, recognise
from fangpin.store.batches import InputFile
from fangpin.types import BatchRef, Period

PathOf = Callable[[str], Path]
"""Where the content of a hash lies."""

_IN_MEMORY = 8  # frames of a delivery held in memory; more of them are spilled


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file in safe keeping with the corrections applied to it, and what was said of it; None: to be recognised."""

    inputs: tuple[InputFile, ...]
    source_id: str | None
    period: Period | None

    @property
    def file_name(self) -> str:
        """The name of the department's file."""
        return self.inputs[0].file_name

    @property
    def is_corrected(self) -> bool:
        """Whether correction sheets were applied."""
        return len(self.inputs) > 1


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery read and conformed, with the id its batch has or will have and the recipe it was read by."""

    delivery: Delivery
    ref: BatchRef
    source: Source
    recognised: Recognised
    period_from: str
    conformed: Conformed
    recipe: str

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        """Heads nobody declared, each once."""
        return tuple(dict.fromkeys(head for sheet in self.recognised.sheets for head in sheet.header.unknown))

    @property
    def withheld_columns(self) -> tuple[str, ...]:
        """Titles of columns the file holds and the agreement does not let in."""
        titles = {c.name: c.title for c in self.source.columns}
        taken = dict.fromkeys(name for sheet in self.recognised.sheets for name in sheet.header.taken)
        return tuple(titles[name] for name in taken if name in titles and not self.source.allows(name))

    @property
    def skipped(self) -> dict[str, int]:
        """How many rows were no data, by what they were, and the rows of sheets that were left out."""
        return self.conformed.skipped | self.recognised.left_out


@contextmanager
def arriving(
    delivery: Delivery,
    declared: Declarations,
    *,
    readers: Readers,
    path_of: PathOf,
    scratch: Path,
    grids: list[Grid] | None = None,
) -> Iterator[Arrived]:
    """Give a delivery read, recognised and conformed; its frames live as long as the context.

    ``grids`` are those of the department's file, when somebody has opened it already.
    Raises: IntakeRefused when a file cannot be read, recognised or trusted, or a correction does not fit.
    """
    patches = _patches(delivery, declared, readers=readers, path_of=path_of)
    base = delivery.inputs[0]
    opened = nullcontext(grids) if grids else readers.read(path_of(base.sha256), file_name=base.file_name)
    with tempfile.TemporaryDirectory(dir=scratch) as folder, opened as sheets:
        found = recognise(
            sheets, declared, file_name=base.file_name, source_id=delivery.source_id, period=delivery.period
        )
        source = declared.source(found.source_id)
        parts = read_parts(found.sheets, merged=_merged(source))
        corrected = _corrected(parts, patches) if delivery.is_corrected else parts
        confirmed = patches.filter(pl.col("action") == "keep").select("sheet", "sheet_row", name="column")
        conformed = conform(corrected, source, declared.identity, keep=_Spill(Path(folder)), confirmed=confirmed)
        period, place = settle_period(found.months, conformed.period_texts, told=found.told, file_name=base.file_name)
        recipe = recipe_of(source, declared)
        ref = BatchRef(batch_id_of(source.id, period, inputs=delivery.inputs, recipe=recipe), source.id, period)
        yield Arrived(delivery, ref, source, found, place, conformed, recipe)


def recipe_of(source: Source, declared: Declarations) -> str:
    """Return a digest of everything the reading of a source's files depends on."""
    told = f"{CONFORM_VERSION}|{digest_of(source, *declared.identity.values())}"
    return hashlib.sha256(told.encode()).hexdigest()


def batch_id_of(source_id: str, period: Period, *, inputs: Iterable[InputFile], recipe: str) -> str:
    """Return the id of a delivery: the same content, read in the same way, for the same source and month.

    >>> from fangpin.store.deliveries import InputKind
    >>> file = InputFile(InputKind.BASE, "ab" * 32, "走访.csv")
    >>> batch_id_of("visit_ledger", Period(2024, 3), inputs=[file], recipe="1")
    'visit_ledger-2024-03-ecb2930b092d'
    """
    contents = "+".join(file.sha256 for file in inputs)
    digest = hashlib.sha256(f"{source_id}|{period}|{contents}|{recipe}".encode()).hexdigest()
    return f"{source_id}-{period}-{digest[:12]}"


def shown_name(path: Path) -> str:
    """Return a file's name as text; one that was never UTF-8 is taken for GB18030, as unpacked archives often are.

    >>> import os
    >>> shown_name(Path(os.fsdecode("低保.csv".encode("gb18030"))))
    '低保.csv'
    """
    raw = os.fsencode(path.name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _merged(source: Source) -> tuple[str, ...]:
    return (*source.merged, *(c.name for c in source.columns if c.merged))


def _patches(delivery: Delivery, declared: Declarations, *, readers: Readers, path_of: PathOf) -> pl.DataFrame:
    """Return what the correction sheets of a delivery change; of two answers for one cell the later one holds."""
    patches = [pl.DataFrame(schema=PATCH_SCHEMA)]
    for file in delivery.inputs[1:]:
        columns = declared_columns(declared.source(str(delivery.source_id)), declared.identity)
        with readers.read(path_of(file.sha256), file_name=file.file_name) as grids:
            patches.append(read_corrections(grids, columns).patches)
    cell = ["sheet", "sheet_row", "column"]
    told = pl.concat(patches)
    last = told.unique(cell, keep="last", maintain_order=True)
    confirmed = last.filter(pl.col("action") == "keep").select(cell)
    values = told.filter(pl.col("action") == "set").unique(cell, keep="last", maintain_order=True)
    return pl.concat([values.join(confirmed, on=cell, how="semi", nulls_equal=True, maintain_order="left"), last])


def _corrected(parts: Iterable[Part], patches: pl.DataFrame) -> Iterator[Part]:
    """Return the parts with their corrections; a corrected row is no longer the copy of another."""
    for part in parts:
        own = patches.join(part.rows.select("sheet").unique(), on="sheet", how="semi")
        applied = apply_corrections(part.rows, own)
        answered = own.filter(pl.col("action") != "drop")["sheet_row"].unique().implode()
        whole = own.filter((pl.col("action") == "keep") & pl.col("column").is_null())["sheet_row"].implode()
        changed = pl.col("sheet_row").is_in(answered)
        rows = applied.rows.with_columns(
            pl.when(changed)
            .then(pl.struct("sheet", "sheet_row").hash())
            .otherwise(pl.col("hash_low"))
            .alias("hash_low"),
            pl.when(~pl.col("sheet_row").is_in(whole)).then(pl.col("flaw")).alias("flaw"),
        )
        skipped = part.skipped | ({"更正单删除的行": applied.dropped} if applied.dropped else {})
        yield replace(part, rows=rows, skipped=skipped)


class _Spill:
    """Keeps the first frames of a delivery in memory and the further ones in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = 0

    def __call__(self, frame: pl.DataFrame) -> Callable[[], pl.DataFrame]:
        self._held += 1
        if self._held <= _IN_MEMORY:
            return lambda: frame
        place = self._folder / f"{uuid.uuid4().hex}.arrow"
        frame.write_ipc(place, compression="lz4")
        return lambda: pl.read_ipc(place)
