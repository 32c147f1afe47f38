"""Meters: what a training step keeps in memory, and how long it takes, side by side with others in one run."""
