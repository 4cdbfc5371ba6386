"""A sink that keeps everything it is given, and insists on the promised order."""

import walrus_core as wc


class Collector(wc.SliverSink):
    """The slivers of one encoding by axis and index, and the calls around them."""

    def __init__(self) -> None:
        self.slivers: dict[tuple[wc.Axis, int], bytearray] = {}
        self.calls: list[str] = []
        self.metadata: wc.VerifiedMetadata | None = None

    def begin(self, config: wc.EncodingConfig, size: int) -> None:
        self.calls.append("begin")
        self.sizes = {axis: config.sliver_size(axis, size) for axis in wc.Axis}

    def write(self, axis: wc.Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        assert self.calls == ["begin"]
        assert piece.readonly
        assert piece.nbytes > 0
        sliver = self.slivers.setdefault((axis, sliver_index), bytearray())
        assert offset == len(sliver)
        assert axis is wc.Axis.PRIMARY or piece.nbytes == self.sizes[axis]
        sliver += piece

    def finish(self, metadata: wc.VerifiedMetadata) -> None:
        self.calls.append("finish")
        self.metadata = metadata

    def abandon(self) -> None:
        self.calls.append("abandon")


def slivers_of(encoded: wc.EncodedBlob) -> dict[tuple[wc.Axis, int], bytes]:
    """The same of a blob encoded in memory."""
    return {
        (sliver.axis, sliver.index): bytes(sliver.data)
        for pair in encoded.sliver_pairs()
        for sliver in (pair.primary, pair.secondary)
    }
