"""Verbs: pure functions ``(known, request, …) -> events``; they refuse by raising, and leave no trace."""
