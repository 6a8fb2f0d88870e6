"""Goods: what is in stock, what orders have of it, and what becomes of it."""
