"""Verification tasks: their life (lifecycle, answers; pure) and the operations on them (actions)."""
