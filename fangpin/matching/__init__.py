"""Links delivered rows to registered persons (匹配), and any two frames by a declared specification (docs/matching.md).

Floor 2: frames in, frames out; reads no file, writes none.
"""

from typing import Final

from fangpin.matching.blocks import Block
from fangpin.matching.frame_levels import Comparison
from fangpin.matching.frames import FrameSpec, link_frames, spec_from_toml

__all__ = ["MATCHING_VERSION", "Block", "Comparison", "FrameSpec", "link_frames", "spec_from_toml"]

MATCHING_VERSION: Final = "2"
"""Pinned in a run and in the name of every links file: the same version and frames give the same links."""
