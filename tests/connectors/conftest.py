"""The shipped declarations, and one warm reading child for all tests of the connectors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fangpin.config.loader import Declarations, load
from fangpin.connectors.heads import HeadBook
from fangpin.connectors.readers import Readers


@pytest.fixture(scope="session")
def declared() -> Declarations:
    """Return the shipped declarations."""
    return load("huaxi")


@pytest.fixture(scope="session")
def dibao(declared: Declarations) -> HeadBook:
    """Return the heads of the 低保 roster."""
    return HeadBook(declared.sources["dibao_roster"], declared.identity)


@pytest.fixture(scope="session")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    """Return a warm reading child."""
    with Readers(tmp_path_factory.mktemp("scratch")) as warm:
        yield warm
