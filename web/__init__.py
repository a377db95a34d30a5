"""The application around the planner: pages, commands, background work, and all that is stored."""
