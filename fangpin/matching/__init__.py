"""Links delivered rows to registered persons (匹配). Floor 2: frames in, frames out; reads no file, writes none."""

from typing import Final

MATCHING_VERSION: Final = "1"
"""Pinned in a run and in the name of every links file: the same version and frames give the same links."""
