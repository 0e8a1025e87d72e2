"""xtop's pytest adapter: collects a suite once, then forks the processes that run its tests."""
