"""`python -m walrus_core.localnet.network.lying_node --config F --lie KIND`: `node serve`, with a
liar before the node.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
from pathlib import Path

from walrus_core.daemon.node.config import load_config
from walrus_core.daemon.node.identity import protocol_key
from walrus_core.daemon.node.process import Ready, run_node
from walrus_core.errors import WalrusCoreError
from walrus_core.localnet.network.lies import Liar, Lie


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--lie", choices=list(Lie), required=True)
    arguments = parser.parse_args()
    try:
        _serve(arguments.config, Lie(arguments.lie))
    except WalrusCoreError as error:
        print(json.dumps({"error": {"type": type(error).__name__, "message": str(error)}}))
        sys.exit(1)


def _serve(path: Path, lie: Lie) -> None:
    config = load_config(path)
    key = protocol_key(config.protocol_key, make=False)
    chance = random.Random(secrets.randbits(256))
    run_node(config, _tell, lambda node: Liar(node, lie, chance, key))


def _tell(ready: Ready) -> None:
    values = {"name": ready.config.name, "address": ready.address}
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
