"""Explanation: which features move the answers, and what would have changed one."""
