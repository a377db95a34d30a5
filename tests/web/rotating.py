"""Seal every file of a folder anew, as a process that a test kills: `rotating.py FOLDER NEW OLD`."""

from __future__ import annotations

import sys
from pathlib import Path

from connectors.sealed import Seal
from web.operations.keys import seal_all

folder, new, old = sys.argv[1:]
print(seal_all(sorted(Path(folder).glob("*.token")), Seal([new, old])), flush=True)
