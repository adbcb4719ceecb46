"""The measured process: `python -m bench.child MODULE CASE SIDE FOLDER` prints figures as its last line."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.cases import find
from bench.world import World

if __name__ == "__main__":
    module, case, side, folder = sys.argv[1:]
    measured = find(module, case).side(side)(World(Path(folder)))
    print(json.dumps(asdict(measured)), flush=True)
