"""A county's model learnt from its own rows: what true links look like, by source, without anybody's labels.

Floor 2. Rows whose number and name are those of one person are taken for true; the others are weighed by
expectation-maximisation over their candidates. What people judged counts as told. Same rows, same model.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from fangpin.matching.em import learn, log_weights
from fangpin.matching.levels import AT, Codes, Flags, Pairs
from fangpin.matching.model import STARTS, LinkModel, SourceModel
from fangpin.matching.weigh import TOLD_TWICE, Floats

_COMMON_STRENGTH: Final = 100.0
_SOURCE_STRENGTH: Final = 300.0
_ROUNDS: Final = 12


def learnt(
    model: LinkModel,
    codes: Codes,
    pairs: Pairs,
    given: Floats,
    told: Flags,
    *,
    truth: Floats,
    source: pl.Series,
    unpaired: dict[str, int],
) -> LinkModel:
    """The model with m and the registered share of every source as these pairs show them.

    codes, pairs, given, told: as from compare and weigh, pairs ordered by row. truth: 1 the same person, 0 not, NaN not
    known. source: the source id of each pair's row. unpaired: rows without any candidate, by source.
    """
    given = given + _already_told(codes, told)
    common = _learn(
        SourceModel(),
        codes,
        pairs.row,
        given,
        truth,
        people=model.people,
        unpaired=sum(unpaired.values()),
        strength=_COMMON_STRENGTH,
    )
    sources = {}
    for source_id in sorted(set(source.unique().to_list()) | set(unpaired)):
        here = (source == source_id).to_numpy()
        sources[source_id] = _learn(
            common, codes[here], pairs.row[here], given[here], truth[here],
            people=model.people, unpaired=unpaired.get(source_id, 0), strength=_SOURCE_STRENGTH,
        )  # fmt: skip
    return LinkModel(people=model.people, shares=model.shares, common=common, sources=sources)


def _already_told(codes: Codes, told: Flags) -> Floats:
    """Takes the weight of births off pairs whose number told them already."""
    taken = np.zeros(len(codes))
    for comparison in ("birth", "age"):
        column = codes[:, AT[comparison]]
        here = told & (column != 0)
        taken[here] += TOLD_TWICE - log_weights(STARTS[AT[comparison]])[column[here]]
    return taken


def _learn(
    start: SourceModel,
    codes: Codes,
    rows: npt.NDArray[np.intp],
    given: Floats,
    truth: Floats,
    *,
    people: int,
    unpaired: int,
    strength: float,
) -> SourceModel:
    found = learn(
        codes, rows, given, start.comparisons, people=people, registered=start.registered, truth=truth,
        unpaired=unpaired, strength=strength, rounds=_ROUNDS,
    )  # fmt: skip
    return SourceModel(found.comparisons, min(max(found.registered, 0.05), 0.995))
