import warnings
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory

from smartradio.node.gpio import GpioPins
from smartradio.node.pins import PinError


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.close()


def test_an_output_begins_switched_off_and_is_off_when_it_is_given_back(factory: MockFactory) -> None:
    pin = factory.pin(17)
    output = GpioPins(factory).output(17, active_high=True)
    assert not pin.state
    output.switch(on=True)
    assert pin.state
    output.close()
    assert not pin.state
    output.close()


def test_a_relay_that_is_on_when_its_pin_is_low_begins_with_a_high_pin(factory: MockFactory) -> None:
    pin = factory.pin(17)
    output = GpioPins(factory).output(17, active_high=False)
    assert pin.state
    output.switch(on=True)
    assert not pin.state


def test_a_contact_to_ground_tells_each_change(factory: MockFactory) -> None:
    told: list[bool] = []
    contact = GpioPins(factory).contact(23, told.append)
    pin = factory.pin(23)
    assert not contact.closed
    pin.drive_low()
    assert contact.closed
    pin.drive_high()
    assert told == [True, False]
    contact.close()


def test_a_pin_that_is_taken_and_one_that_is_none_are_told(factory: MockFactory) -> None:
    pins = GpioPins(factory)
    held = pins.output(17, active_high=True)
    with pytest.raises(PinError, match="GPIO 17 cannot be used"):
        pins.contact(17, lambda closed: None)
    with pytest.raises(PinError, match="GPIO 99 cannot be used"):
        pins.output(99, active_high=True)
    held.close()


def test_a_machine_without_gpio_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpio")
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)
    with warnings.catch_warnings(), pytest.raises(PinError, match="GPIO 17 cannot be used") as told:
        warnings.simplefilter("ignore")
        GpioPins().output(17, active_high=True)
    assert "\n" not in str(told.value)
