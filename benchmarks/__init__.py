"""What things cost, each beside what it should cost: ``python -m benchmarks`` (see README.md)."""
