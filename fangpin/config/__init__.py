"""Declarations (声明): sources, rules, ledgers and sites as TOML, and the strict loader."""
