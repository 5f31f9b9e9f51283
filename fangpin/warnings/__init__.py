"""Early warning (预警): indicators, rules, quiet periods, one lead a household.

Floor 2. Everything here is pure: frames or an in-memory DuckDB connection in, frames out; no file,
socket, clock or randomness. Rules see person and household keys, never a name or an ID number.
"""
