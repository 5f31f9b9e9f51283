"""The one tree of errors: each class fixes an exit code and an HTTP status.

Floor 0. A message is one Chinese sentence: where, what was given, what was expected, what to do.
No message ever holds a personal value; rows are named by number.
"""

from __future__ import annotations


class FangpinError(Exception):
    """A failure that a person must read; never raised itself, only its categories below."""

    code = "error"
    exit_code = 1
    http_status = 500

    def __init__(self, where: str, given: str, *, expected: str = "", action: str = "") -> None:
        self.where = where
        self.given = given
        self.expected = expected
        self.action = action
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """Return the Chinese sentence shown to the user.

        >>> UsageProblem("参数 --period", "收到“2024-13”", expected="YYYY-MM", action="请改正后重试").sentence
        '参数 --period：收到“2024-13”；应为YYYY-MM；请改正后重试。'
        """
        parts = [self.given]
        if self.expected:
            parts.append(f"应为{self.expected}")
        if self.action:
            parts.append(self.action)
        return f"{self.where}：{'；'.join(parts)}。"


class UsageProblem(FangpinError):
    """The command or its arguments are off (用法不对)."""

    code = "usage"
    exit_code = 2
    http_status = 400


class DeclarationError(FangpinError):
    """A declaration file is wrong: file, key, what is allowed (声明文件有误)."""

    code = "declaration"
    exit_code = 3
    http_status = 500


class IntakeRefused(FangpinError):
    """A delivered file cannot be taken in as it is (来件不能接收)."""

    code = "intake_refused"
    exit_code = 4
    http_status = 422


class NotFound(FangpinError):
    """What was asked for is not here (没有找到)."""

    code = "not_found"
    exit_code = 5
    http_status = 404


class NeedsDecision(FangpinError):
    """A person must decide before this goes on (需要人工决定)."""

    code = "needs_decision"
    exit_code = 6
    http_status = 409


class StoreDamaged(FangpinError):
    """What is stored contradicts itself (数据不一致)."""

    code = "store_damaged"
    exit_code = 7
    http_status = 500


class Busy(FangpinError):
    """Another process is working on this county (另一进程正在工作)."""

    code = "busy"
    exit_code = 8
    http_status = 503


class TransportFailed(FangpinError):
    """A department's system could not be reached, or did not give a whole file (取数失败)."""

    code = "transport_failed"
    exit_code = 9
    http_status = 502
