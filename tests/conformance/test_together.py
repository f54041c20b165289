"""Where one test is put to many, each that fails is named, and only what applies to none of them is left out."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def run(request):
    """Runs the body of a test on numbers that stand for designs, as the suite runs it."""
    suite = next(one for one in request.config.pluginmanager.get_plugins() if hasattr(one, "Together"))
    numbers = suite.Together([("first", 1), ("second", 2), ("third", 3)])

    def run(body):
        asked = SimpleNamespace(argnames=("design",))
        item = SimpleNamespace(funcargs={"design": numbers, "other": 0}, _fixtureinfo=asked, obj=body)
        return suite.pytest_pyfunc_call(item)

    return run


def test_all_that_fail_are_named(run):
    """The first is raised, with the names of all beside it; those between are asked none the less."""
    asked = []

    def body(design):
        asked.append(design)
        assert design == 2, f"{design} is not 2"

    with pytest.raises(AssertionError, match="1 is not 2") as caught:
        run(body)
    assert asked == [1, 2, 3]
    assert caught.value.__notes__ == ["design: first, third"]


def test_what_is_not_raised_is_named_too(run):
    """An error that does not come is no exception of the usual kind."""

    def body(design):
        with pytest.raises(ValueError, match="no such"):
            pass

    with pytest.raises(pytest.fail.Exception) as caught:
        run(body)
    assert caught.value.__notes__ == ["design: first, second, third"]


def test_what_applies_to_one_is_not_left_out(run):
    """A property that applies to none of them is skipped, and says why."""

    def one(design):
        if design < 3:
            pytest.skip("is small")

    assert run(one) is True
    with pytest.raises(pytest.skip.Exception, match="is odd or even"):
        run(lambda design: pytest.skip("is odd or even"))
