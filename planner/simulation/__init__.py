"""What would it do for us? Weeks of a company, played through with people who differ.

The same people, calendars and weeks go four ways: officeday's weekly cycle with the real planner
(`weekly_cycle`), booking links (`booking_links`), a mandate of fixed office days (`mandate`) and a
monthly roulette (`roulette`). What people do is drawn by seed from `Assumptions`, each of which has
a reason. `play` runs them and `figures` adds up. Reads no clock, network or database.
"""
