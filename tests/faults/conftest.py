"""What fault tests share: a server per scheduler, and where their figures go."""

import pytest

from tests.serve.running import SCHEDULERS


@pytest.fixture(scope="module", params=SCHEDULERS)
def scheduler(request):
    return request.param


@pytest.fixture
def figures(request, record_property):
    """figures(name=number, ..): into the JUnit report, and in one line on stdout (pytest -s)."""
    found = {}

    def record(**numbers):
        for name, number in numbers.items():
            found[name] = round(number, 4) if isinstance(number, float) else number
            record_property(name, found[name])

    yield record
    words = " ".join(f"{name}={number}" for name, number in found.items())
    print(f"\nfault {request.node.name}: {words}")
