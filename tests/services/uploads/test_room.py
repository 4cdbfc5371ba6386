"""Uploads that nobody goes on with do not keep others from being begun."""

import os
import time
from pathlib import Path

import pytest

from walrus_core.errors import UploadLimitError, UploadNotFoundError
from walrus_core.services.uploads import Order, UploadLimits
from walrus_core.services.uploads.directory import UploadDirectory
from walrus_core.services.uploads.limits import IN_THE_WAY
from walrus_core.services.uploads.session import Session
from walrus_core.services.uploads.upload import BEGUN

CALLER = "alice"
LIMITS = {
    "uploads": UploadLimits(uploads=3, spare_bytes=0),
    "bytes of uploads": UploadLimits(upload_bytes=3999, spare_bytes=0),
    "uploads of one caller": UploadLimits(caller_uploads=3, spare_bytes=0),
    "bytes of one caller": UploadLimits(caller_bytes=3999, spare_bytes=0),
}


def left(directory: UploadDirectory, age: float, caller: str = CALLER) -> Session:
    """An upload that nobody is at, last touched so many seconds ago."""
    session = directory.create(caller, Order(1000))
    session.close()
    touch(session, age)
    return session


def touch(session: Session, age: float) -> None:
    os.utime(session.log, (time.time() - age,) * 2)


@pytest.mark.parametrize("what", LIMITS)
def test_the_oldest_make_room(tmp_path: Path, what: str) -> None:
    directory = UploadDirectory(tmp_path, LIMITS[what])
    directory.prepare()
    oldest, older = (left(directory, age * IN_THE_WAY) for age in (1.2, 1.1))
    directory.create(CALLER, Order(1000)).close()
    for gone in (oldest, older):
        directory.create(CALLER, Order(1000)).close()
        with pytest.raises(UploadNotFoundError):
            directory.look(CALLER, gone.upload.upload_id)
    with pytest.raises(UploadLimitError, match=what):
        directory.create(CALLER, Order(1000))
    assert len(list(tmp_path.rglob("*.data"))) == 3


def test_nobody_gives_way_who_is_there_or_is_stored(tmp_path: Path) -> None:
    directory = UploadDirectory(tmp_path, LIMITS["uploads of one caller"])
    directory.prepare()
    left(directory, 5 * IN_THE_WAY, "bob")
    held = directory.create(CALLER, Order(1000))
    touch(held, 5 * IN_THE_WAY)
    to_store = directory.create(CALLER, Order(1000))
    to_store.record(BEGUN)
    to_store.close()
    touch(to_store, 5 * IN_THE_WAY)
    left(directory, 0.9 * IN_THE_WAY)
    with pytest.raises(UploadLimitError):
        directory.create(CALLER, Order(1000))
    assert len(list(tmp_path.rglob("*.data"))) == 4
    held.close()
