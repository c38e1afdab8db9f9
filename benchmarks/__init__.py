"""Every figure of the README, with the peers beside it; see docs/explanation/performance.md."""
