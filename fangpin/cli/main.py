"""Starts the command line: finds the county's folder, runs one command, turns an error into one sentence.

Floor 5. The only place where errors become exit codes, and where the clock and the login name are read.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from fangpin import __version__
from fangpin.cli import commands, demo
from fangpin.cli.context import use_home
from fangpin.cli.show import ERRORS
from fangpin.errors import FangpinError, UsageProblem

_INTERRUPTED = 130

app = cyclopts.App(
    name="fangpin",
    help="防贫：县级部门数据比对与防返贫预警。县库目录用 --home 或环境变量 FANGPIN_HOME 指定。",
    version=__version__,
    group_commands=cyclopts.Group("命令"),
    group_arguments=cyclopts.Group("参数"),
    group_parameters=cyclopts.Group("选项"),
)
commands.register(app)
demo.register(app)
app.meta.group_parameters = cyclopts.Group("通用选项")


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
    try:
        app.meta(given, print_error=False, exit_on_error=False, result_action="return_value")
    except cyclopts.CycloptsError as exc:
        _leave(_said(exc))
    except FangpinError as exc:
        _leave(exc)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _leave(error: FangpinError) -> None:
    ERRORS.print(f"✗ {error.sentence}", style="bold red", highlight=False, markup=False)
    sys.exit(error.exit_code)


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
            return UsageProblem(where, f"没有选项 {exc.token.keyword}", action=help_)
        case cyclopts.CoercionError():
            given = exc.token.value if exc.token is not None else ""
            return UsageProblem(where, f"{name} 收到“{given}”", expected="所列取值之一或规定格式", action=help_)
        case _:
            return UsageProblem(where, "参数不对", action=help_)
