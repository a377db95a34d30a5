"""A made-up company to see the product work on: CSV files and calendars, as a real one would bring them.

Everything is drawn from one seed and one date, so two people see the same company on the same day.
"""
