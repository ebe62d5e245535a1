"""Every measurement runs in its short form and comes to figures."""

import pytest

from tests.bench.__main__ import BENCHES

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BENCHES)
async def test_a_measurement_comes_to_figures(name: str) -> None:
    figures = await BENCHES[name](quick=True)
    assert figures
    assert all(figure.figure > 0 for figure in figures)
