"""Meters: what training keeps in memory (memory), step times side by side (time), energy of a pass
(energy), inference at a fixed budget (inference)."""
