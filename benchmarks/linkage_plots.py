"""Draw calibration.png and review_load.png of one county: linkage_plots.py OUT, with the rivals' Python.

Reads OUT/points.parquet: of every row the exact tier left, the best candidate's score, the band, whether that candidate
is right, whether the row means somebody registered, whether the true person is among the nearest candidates.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import polars as pl

mpl.use("Agg")
from matplotlib import pyplot as plt

_EDGES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
_CLOSE = 0.9


def calibrated(points: pl.DataFrame) -> pl.DataFrame:
    """Said and found shares by score class: said, found, low, high (95 % Wilson interval), n."""
    classes = points.with_columns(at=pl.Series(np.digitize(points["score"].to_numpy(), _EDGES)))
    counted = (
        classes.group_by("at").agg(said=pl.col("score").mean(), found=pl.col("right").mean(), n=pl.len()).sort("said")
    )
    p, n, z2 = counted["found"], counted["n"].cast(pl.Float64), 1.96**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = (p * (1 - p) / n + z2 / (4 * n * n)).sqrt() * 1.96 / (1 + z2 / n)
    return counted.with_columns(low=middle - half, high=middle + half)


def draw_calibration(points: pl.DataFrame, target: Path) -> None:
    """Said probability against the share that is right, whole and from 0.9 up."""
    classes = calibrated(points)
    figure, axes = plt.subplots(1, 2, figsize=(11, 5))
    for ax, lowest in zip(axes, (0.0, _CLOSE), strict=True):
        shown = classes.filter(pl.col("said") >= lowest)
        said, found = shown["said"].to_numpy(), shown["found"].to_numpy()
        bars = np.abs(np.vstack([found - shown["low"].to_numpy(), shown["high"].to_numpy() - found]))
        ax.plot([lowest, 1], [lowest, 1], color="grey", linewidth=1)
        ax.errorbar(said, found, yerr=bars, fmt="o", markersize=4, capsize=3)
        for x, y, n in zip(said, found, shown["n"], strict=True):
            ax.annotate(f"{n:,}", (x, y), textcoords="offset points", xytext=(5, -11), fontsize=7)
        ax.set(xlabel="probability said", ylabel="share right", xlim=(lowest, 1.003), ylim=(min(lowest, *found), 1.01))
    figure.suptitle(f"{target.parent.name}: best candidate of each row the exact tier left")
    figure.tight_layout()
    figure.savefig(target, dpi=110)
    plt.close(figure)


def remaining(points: pl.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Errors left per 10,000 rows after the first n rows were looked at, likeliest first: shares looked at, errors."""
    rows = points["rows"][0]
    linked = points.filter(pl.col("band") == "link")
    open_rows = points.filter(pl.col("band") != "link").sort("score", descending=True)
    start = linked.filter(~pl.col("right")).height + open_rows["registered"].sum()
    mended = (open_rows["registered"] & open_rows["answerable"]).cum_sum().to_numpy()
    looked = np.arange(1, len(mended) + 1)
    return looked / rows * 100, (start - mended) / rows * 10_000


def draw_review_load(points: pl.DataFrame, target: Path) -> None:
    """What looking at more rows would mend, and where the review band ends."""
    looked, left = remaining(points)
    asked = points.filter(pl.col("band") == "review").height / points["rows"][0] * 100
    figure, ax = plt.subplots(figsize=(7, 5))
    ax.plot(looked, left)
    ax.axvline(asked, color="grey", linestyle="--", linewidth=1, label=f"review band: {asked:.2f} % of rows")
    ax.set(xlabel="rows reviewed, % of all", ylabel="wrong or missing links per 10,000 rows", ylim=(0, None))
    ax.set_xlim(0, max(4 * asked, 0.5))
    ax.set_title(f"{target.parent.name}: what review mends")
    ax.legend()
    figure.tight_layout()
    figure.savefig(target, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    read = pl.read_parquet(folder / "points.parquet")
    draw_calibration(read, folder / "calibration.png")
    draw_review_load(read, folder / "review_load.png")
