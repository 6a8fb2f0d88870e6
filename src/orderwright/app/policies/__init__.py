"""Policies made durable: what is in force, what they decide on what happens, and what is done about it."""
