"""Blob to slivers and metadata, by engine and threads, too; and blob to metadata alone."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("encode", "encode_by_engine", "encode_by_threads", "blob_id")
def test_encode(run: Callable[[], None]) -> None:
    run()
