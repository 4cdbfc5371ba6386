"""Turns are taken in order, and none is lost with whoever goes away."""

import asyncio
import threading

import pytest
from services.engine.plain import in_loop

from walrus_core.errors import OperationCancelledError
from walrus_core.services.engine.slots import Slot, Slots


def test_first_come_first_served() -> None:
    slots = Slots(1)
    first, second, third = slots.ask(), slots.ask(), slots.ask()
    assert first.done()
    assert (second.done(), third.done(), slots.waiting) == (False, False, 2)
    slots.give_back()
    assert second.done()
    assert not third.done()
    slots.give_back()
    assert third.done()


def test_who_goes_away_is_passed_over() -> None:
    slots = Slots(1)
    slots.ask()
    gone, patient = slots.ask(), slots.ask()
    assert gone.cancel()
    slots.give_back()
    assert patient.done()
    slots.give_back()
    assert slots.ask().done()


@in_loop
async def test_a_cancelled_task_leaves_its_turn_to_the_next() -> None:
    slots = Slots(1)
    mine = Slot(slots)
    await mine.get()
    impatient = asyncio.create_task(Slot(slots).get())
    patient = Slot(slots)
    waiting = asyncio.create_task(patient.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    mine.give_back()
    mine.give_back()  # nothing more
    await waiting
    assert patient.held
    assert not slots.ask().done()


@in_loop
async def test_a_thread_that_waits_for_its_slot_can_be_told_not_to() -> None:
    slots = Slots(1)
    other, slot = Slot(slots), Slot(slots)
    await other.get()
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(OperationCancelledError):
            slot.regain()
        ended.set()

    waiting = asyncio.create_task(asyncio.to_thread(wait))
    while not slots.waiting:
        await asyncio.sleep(0.001)
    slot.give_up()
    await waiting
    assert ended.is_set()
    assert not slot.held
    other.give_back()
    assert slots.ask().done()


def test_who_gave_up_before_waits_for_nothing() -> None:
    slots = Slots(1)
    slots.ask()
    slot = Slot(slots)
    slot.give_up()
    with pytest.raises(OperationCancelledError):
        slot.regain()
