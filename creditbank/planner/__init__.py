"""The optimiser, and the degree audit. Needs the extra ``creditbank[plan]``: HiGHS finds the best, and it is checked exactly."""
