"""fangpin.demo (示例县): an invented county with a year of departments' files, dirt and answers.

Everything follows from one seed; nothing in it is real. `write_county` writes the files under folder/county and what is
true about them under folder/answers; `fangpin.demo.score` measures a linker or a rule set against the answers. It
imports nothing else of fangpin.
"""

from fangpin.demo.answers import CountySummary
from fangpin.demo.county import CountyPlan
from fangpin.demo.writing import write_county

__all__ = ["CountyPlan", "CountySummary", "write_county"]
