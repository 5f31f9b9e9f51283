# fangpin (防贫). `make demo` runs the main job, `make test` passes the tests; both make their own environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RIVALS := build/rivals
KILLS ?= 100

.DEFAULT_GOAL := help
.PHONY: help demo test check faults bench accuracy mutation linkage lock audit clean

help: ## 列出可用的命令
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.runtime ## 生成一个虚构县的一年数据并走完全流程（demo-county/）
	$(BIN)/fangpin demo demo-county

test: $(VENV)/.development ## 全部测试
	$(BIN)/pytest -q -n 2

check: $(VENV)/.development ## 格式、规则、类型、声明
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/fangpin check

faults: $(VENV)/.development ## 随机断电各 100 次（KILLS=次数），每次之后结果须与未断电时相同
	FANGPIN_KILLS=$(KILLS) $(BIN)/pytest -q -s tests/faults

bench: $(VENV)/.development ## 各步用时、内存与仅解析文件之比
	$(BIN)/python benchmarks/month.py

accuracy: $(VENV)/.development ## 线索准确率与部门单一阈值同场比较（虚构县一年）
	$(BIN)/python benchmarks/lead_accuracy.py --work build/lead-accuracy

mutation: $(VENV)/.development ## 变异测试：指标与规则的语句逐处改错，看测试是否发现
	$(BIN)/python tests/mutation/sql_mutants.py --out build/mutation-survivors.txt

linkage: $(VENV)/.development $(RIVALS)/.made ## 匹配与 Splink 同场比较：准确率、用时、内存（另建环境 build/rivals，需联网）
	$(BIN)/python benchmarks/linkage.py --rivals $(RIVALS)/bin/python --work build/linkage-counties

lock: $(VENV)/.development ## 重新锁定依赖版本
	$(BIN)/uv pip compile -q pyproject.toml --extra postgres --extra mariadb --group build --universal --generate-hashes --no-header -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra postgres --extra mariadb --group dev --universal --generate-hashes --no-header -o requirements-dev.lock

audit: $(VENV)/.development ## 检查依赖的已知漏洞（需联网）
	$(BIN)/pip-audit --strict --require-hashes -r requirements.lock

clean: ## 删除环境和示例
	rm -rf $(VENV) demo-county

$(RIVALS)/.made: pyproject.toml
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/python -m pip install -q --disable-pip-version-check 'pip>=25.1'
	$(RIVALS)/bin/python -m pip install -q --disable-pip-version-check --group rivals
	@touch $@

$(VENV)/.created:
	$(PYTHON) -m venv $(VENV) || { echo "无法建立 Python 环境：请先安装 python3-venv（apt install python3-venv）"; exit 1; }
	@touch $@

$(VENV)/.runtime: $(VENV)/.created requirements.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.development: $(VENV)/.created requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime
