"""Goods: stock, reservations, fulfilments, backorders and returns."""
