"""After a wait in vain nobody waits again for a while: longer each time, however many waited at once."""

import pytest

from search.engines import elasticsearch_failures
from search.engines.elasticsearch_failures import EngineBusy, EngineSlow, EngineUnreachable, Pause


class Watch:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(elasticsearch_failures, "time", watch)
    return watch


def fails(pause: Pause, failure: type[Exception] = EngineSlow) -> None:
    with pytest.raises(failure), pause.kept():
        raise failure


def is_open(pause: Pause) -> bool:
    try:
        with pause.kept():
            return True
    except (EngineSlow, EngineUnreachable):
        return False


def is_open_at(pause: Pause, watch: Watch) -> bool:
    """Look without asking the server: an answer would end the pauses."""
    return watch.seconds >= pause._until


def test_each_wait_in_vain_makes_it_twice_as_long_up_to_eight_seconds(watch: Watch) -> None:
    pause, lasted = Pause(), []
    for _ in range(5):
        fails(pause)
        began = watch.seconds
        while not is_open_at(pause, watch):
            watch.seconds += 0.5
        lasted.append(watch.seconds - began)

    assert lasted == [1, 2, 4, 8, 8]


def test_many_who_waited_at_once_are_one_failure(watch: Watch) -> None:
    pause = Pause()
    with pytest.raises(EngineSlow), pause.kept():
        fails(pause)
        raise EngineSlow

    watch.seconds += 1
    assert is_open(pause)


def test_meanwhile_it_is_called_what_it_was(watch: Watch) -> None:
    pause = Pause()
    fails(pause, EngineUnreachable)

    with pytest.raises(EngineUnreachable), pause.kept():
        raise AssertionError("the server is asked although it is not there")


def test_a_busy_server_is_asked_again_at_once(watch: Watch) -> None:
    pause = Pause()
    fails(pause, EngineBusy)

    assert is_open(pause)
