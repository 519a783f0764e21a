"""Questions: plain functions of what is known."""
