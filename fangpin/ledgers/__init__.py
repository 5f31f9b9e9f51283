"""Ledgers and forms: rows built from frames (build), written (export) and read back (returned)."""
