"""fangpin (防贫): county data matching and early warning for rural households.

Start it as ``fangpin`` or ``python -m fangpin``. Import rooms by their full names
(``from fangpin.warnings.evaluate import …``); nothing is re-exported here, so that a child
process which only parses one file loads nothing else.
"""

__version__ = "0.1.0"
