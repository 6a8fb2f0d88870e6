"""Reads SCXML documents as charts of ours, and runs them: for the conformance tests alone."""
