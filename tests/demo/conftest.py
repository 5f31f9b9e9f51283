"""Small invented counties, written once for all tests of the demo."""

import pytest
from written import Written

from fangpin.demo import CountyPlan, write_county


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Twelve typical months of about six hundred people."""
    folder = tmp_path_factory.mktemp("typical")
    write_county(CountyPlan(seed=11, people=600), folder)
    return Written(folder)


@pytest.fixture(scope="session")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Three heavy months of about two and a half thousand people."""
    folder = tmp_path_factory.mktemp("heavy")
    write_county(CountyPlan(seed=12, people=2_500, months=3, dirt="heavy"), folder)
    return Written(folder)
