"""What a problem's code says in words, after the title of the column it stands in.

Floor 2. The one list for receipts and correction sheets; it loads nothing, because every command may print it.
"""

from __future__ import annotations

from typing import Final

PROBLEM_WORDS: Final = {
    "row_unfilled": "必填项空缺或无法识别",
    "row_duplicate": "重复",
    "row_repeated": "与前面某行完全相同",
    "row_ragged": "单元格个数与表头不一致",
    "row_cut": "不完整",
    "row_struck": "带删除线",
    "birth_differs": "与证件号码不符",
    "certificate_differs": "与残疾证号不符",
    "cell_unreadable": "无法识别",
    "code_unknown": "不在代码表内",
    "id_masked": "带*",
    "id_damaged": "已被表格软件截断",
    "id_invalid": "校验不通过",
    "id_missing": "空缺",
    "id_of_relative": "属于同户另一人",
    "name_differs": "与登记的不一致",
}
