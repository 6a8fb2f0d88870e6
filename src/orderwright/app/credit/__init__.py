"""Credit of customers: what they may owe, what they owe, and what follows when either changes.

account     whose credit it is, how it is booked, and where the profile is kept
fact        what the sale chart knows of it when it decides
commands    setting a profile, having a customer's sales looked at again
view        what screens and programs see
reactions   what completed sales and changed or released credit lead to
"""
