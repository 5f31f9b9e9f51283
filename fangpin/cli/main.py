"""Starts the command line: finds the county's folder, runs one command, turns an error into one sentence.

Floor 5. The only place where errors become exit codes, and where the clock and the login name are read.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from enum import Enum
from pathlib import Path
from typing import Annotated, get_args

import cyclopts
from cyclopts import Parameter

from fangpin import __version__
from fangpin.cli.context import use_home
from fangpin.cli.show import ERRORS
from fangpin.errors import FangpinError, UsageProblem

_INTERRUPTED = 130
_PIPE_CLOSED = 141

app = cyclopts.App(
    name="fangpin",
    help="防贫：县级部门数据比对与防返贫预警。县库目录用 --home 或环境变量 FANGPIN_HOME 指定。",
    version=__version__,
    group_commands=cyclopts.Group("命令"),
    group_arguments=cyclopts.Group("参数"),
    group_parameters=cyclopts.Group("选项"),
)
# By name, so that a command loads only what it needs; in the order of a month's work.
_COMMANDS = {
    "init": ("intake:init", "建立县库目录。"),
    "receive": ("intake:receive", "接收部门来件，说明识别为哪个数据源、哪个月份。"),
    "screen": ("month:screen", "筛查一个月：匹配、按规则预警、每户一条线索。"),
    "areas": ("areas:areas", "规模性返贫风险：一个月里哪些乡镇、村需要整体关注。"),
    "dispatch": ("tasks:dispatch", "把一个月的线索交办到乡镇。"),
    "answer": ("tasks:answer", "收回乡镇填好的核查任务表。"),
    "status": ("progress:status", "查看各月数据、筛查和任务进展。"),
    "pull": ("pulling:pull", "从部门的目录、SFTP、接口或数据库取数并接收。"),
    "channels": ("pulling:channels", "查看各取数通道的状态。"),
    "sources": ("sources:sources", "查看各部门数据的报送情况：谁按时、谁迟到、谁还没报。"),
    "template": ("templates:template", "按数据源的声明生成给部门填报的空白表。"),
    "trace": ("tracing:trace", "查看一户的数据来自哪个部门、哪个文件、哪一行。"),
    "export": ("exporting:export", "导出一个月的匹配、线索或数据问题。"),
    "check": ("declarations:check", "检查全部声明及规则的样例。"),
    "backtest": ("backtest:backtest", "回测：规则改了参数或写法，各月会多报谁、少报谁。"),
    "drift": ("drift:drift", "早期苗头：按近几月进度，谁今后三个月内会触及预警线。"),
    "verify": ("proof:verify", "核验数据是否自洽。"),
    "rebuild": ("proof:rebuild", "由原始文件和办公库重建数据仓。"),
    "backup": ("backup:backup", "备份办公库、声明、原始文件和任务表。"),
    "demo": ("demo:demo", "生成一个虚构县的一年数据并走完全流程。"),
}
for _order, (_name, (_place, _help)) in enumerate(_COMMANDS.items()):
    app.command(f"fangpin.cli.{_place}", name=_name, help=_help, sort_key=_order)
_GROUPS = {
    "register": (
        "农户底册：各月台账连成的人和户。",
        {
            "show": ("register:show", "查看一户在一个月里有哪些人。"),
            "events": ("register:events", "查看一个月里的人员和农户变动。"),
            "findings": ("register:findings", "查看一个月的农户信息台账自相矛盾之处。"),
        },
    ),
    "batches": (
        "数据批次。",
        {
            "list": ("batches:list_", "列出各批次及其状态。"),
            "show": ("batches:show", "查看一个批次由哪些文件组成、为何待确认、发生过什么。"),
            "accept": ("batches:accept", "采用一个待确认的批次。"),
            "refuse": ("batches:refuse", "退回一个待确认的批次。"),
            "withdraw": ("batches:withdraw", "撤回一个现行批次。"),
            "restore": ("batches:restore", "恢复一个被替代或已撤回的批次。"),
            "sheet": ("batches:sheet", "重新生成一个批次的更正单。"),
        },
    ),
    "review": (
        "匹配复核。",
        {
            "list": ("review:list_", "列出待复核的匹配，最要紧的在前。"),
            "show": ("review:show", "并排查看一项：来件所报和台账所记，候选人的户内成员，其他候选人。"),
            "judge": ("review:judge", "判定一项是不是同一人。"),
            "undo": ("review:undo", "撤回自己对一项的判定；记录保留。"),
            "sheet": ("review:sheet", "生成一个乡镇的匹配复核表。"),
            "receive": ("review:receive", "收回填好的匹配复核表。"),
            "agreement": ("review:agreement", "查看两人分别判定的一致率。"),
        },
    ),
    "matching": (
        "匹配的质量和依据。",
        {
            "report": ("matching:report", "查看一个月的匹配质量：占比、复核量、准确率、召回率、与上月相比。"),
            "explain": ("matching:explain", "说明一行是怎样匹配的，或为什么没有匹配。"),
            "conflicts": ("matching:conflicts", "列出部门之间、部门与名册之间的矛盾。"),
            "unknown": ("matching:unknown", "列出部门有而名册没有的家庭。"),
            "corrections": ("matching:corrections", "生成证件号码和姓名的更正单，退给部门。"),
            "learn": ("matching:learn", "用一个月的数据和人工判定重新学习匹配权重。"),
        },
    ),
    "leads": (
        "预警线索。",
        {
            "list": ("leads:list_", "按轻重缓急列出一个月的线索。"),
            "suppressed": ("leads:suppressed", "列出一个月被抑制的预警及原因。"),
            "reopen": ("leads:reopen", "恢复一户被抑制的预警，重新筛查后生效。"),
            "undo": ("leads:undo", "撤回恢复的决定。"),
            "explain": ("lead_explaining:explain", "说明一户的线索：因素、线、文件、历史、所据的各行。"),
        },
    ),
    "rules": (
        "预警规则：查看、说明、起草、检查、试算、提出、核准。",
        {
            "list": ("rules:list_", "列出本县的预警规则和草稿。"),
            "explain": ("rules:explain", "说明一条规则，或它对一户的判断。"),
            "measures": ("rules:measures", "列出规则的语句可以读的列。"),
            "new": ("rules:new", "建立一条新规则的草稿。"),
            "check": ("rules:check", "检查一个规则文件，或全部声明和草稿。"),
            "try": ("rules:try_", "在一个已筛查的月份上试算一条规则。"),
            "revise": ("rule_versions:revise", "把一条规则的文本存为草稿。"),
            "propose": ("rule_versions:propose", "提出一条规则的新版本，等第二人核准。"),
            "approve": ("rule_versions:approve", "核准一个版本，从声明的月份起用。"),
            "refuse": ("rule_versions:refuse", "不核准一个版本。"),
            "withdraw": ("rule_versions:withdraw", "撤回一个还没有生效的版本。"),
            "history": ("rule_versions:history", "列出一条规则的各个版本。"),
            "diff": ("rule_versions:diff", "比较一条规则的两个版本。"),
            "shadow": ("rule_versions:shadow", "查看新版本影子运行的结果。"),
            "precision": ("learning:precision", "各规则的准确率、有用率和漏报抽查。"),
            "suggest": ("learning:suggest", "一条规则的线再严一些会怎样；仅供参考。"),
        },
    ),
    "schedule": (
        "定时任务。",
        {
            "run": ("schedule:run", "按声明的定时任务运行。"),
            "list": ("schedule:list_", "列出定时任务及下次执行的时间。"),
            "due": ("schedule:due", "列出到期而未完成的任务，以及最近执行的结果。"),
        },
    ),
}
for _group, (_title, _members) in _GROUPS.items():
    _inner = cyclopts.App(name=_group, help=_title, group_parameters=cyclopts.Group("选项"))
    for _name, (_place, _help) in _members.items():
        _inner.command(f"fangpin.cli.{_place}", name=_name, help=_help)
    app.command(_inner)
_tasks = cyclopts.App(name="tasks", help="核查任务。", group_parameters=cyclopts.Group("选项"))
_tasks.command("fangpin.cli.tasks:tasks_export", name="export", help="生成各乡镇的核查任务表。")
app.command(_tasks)
app.meta.group_parameters = cyclopts.Group("通用选项")
app["--help"].help = "显示用法。"
app["--version"].help = "显示版本。"


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    home: Annotated[Path | None, Parameter(env_var="FANGPIN_HOME", help="县库目录")] = None,
) -> None:
    use_home(home)
    app(tokens, print_error=False, exit_on_error=False, result_action="return_value")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its category's code; 0 when all went well."""
    given = sys.argv[1:] if arguments is None else arguments
    os.umask(0o077)  # whatever a command writes is its owner's alone
    try:
        app.meta(given, print_error=False, exit_on_error=False, result_action="return_value")
    except cyclopts.CycloptsError as exc:
        _leave(_said(exc))
    except FangpinError as exc:
        _leave(exc)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)
    except Exception as exc:  # noqa: BLE001 - the one handler: what nobody foresaw still ends in a sentence
        _leave(_unforeseen(exc))


def _leave(error: FangpinError) -> None:
    ERRORS.print(f"✗ {error.sentence}", style="bold red", highlight=False, markup=False)
    sys.exit(error.exit_code)


def _allowed(kind: object) -> str:
    """Return in words what a parameter takes."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "、".join(str(member.value) for member in kind)
    values = [str(value) for value in get_args(kind)]
    return "、".join(values) or ("整数" if kind is int else "规定格式")


def _unforeseen(exc: Exception) -> FangpinError:
    """Write down where an unforeseen error came from, never the values it speaks of; return what to tell the user."""
    with tempfile.NamedTemporaryFile("w", prefix="fangpin-", suffix=".log", delete=False, encoding="utf-8") as report:
        report.write(f"fangpin {__version__}\n{''.join(traceback.format_tb(exc.__traceback__))}{type(exc).__name__}\n")
    told = f"请把 {report.name} 交维护人员；已入库的数据未受影响，可重试"
    return FangpinError("程序", f"出现未预料的错误（{type(exc).__name__}）", action=told)


def _said(exc: cyclopts.CycloptsError) -> UsageProblem:
    """Return a usage error of the command line library as our own sentence."""
    command = " ".join(exc.command_chain or ()) or "fangpin"
    where = f"命令 {command}"
    help_ = f"请运行 {command if command.startswith('fangpin') else 'fangpin ' + command} --help 查看用法"
    name = exc.argument.name if exc.argument is not None else ""
    match exc:
        case cyclopts.MissingArgumentError():
            return UsageProblem(where, f"缺少 {name}", action=help_)
        case cyclopts.UnknownCommandError():
            given = (exc.unused_tokens or [""])[0]
            return UsageProblem(where, f"没有子命令“{given}”", action=help_)
        case cyclopts.UnknownOptionError():
            return UsageProblem(where, f"没有选项 {exc.token.keyword or exc.token.value}", action=help_)
        case cyclopts.CoercionError():
            given = exc.token.value if exc.token is not None else ""
            return UsageProblem(where, f"{name} 收到“{given}”", expected=_allowed(exc.target_type), action=help_)
        case cyclopts.ValidationError():
            return UsageProblem(where, f"{name} 的取值超出范围", action=help_)
        case _:
            return UsageProblem(where, "参数不对", action=help_)
